mod stats;
mod syntax;
mod models;
mod data;
mod data;
mod stats;
mod syntax;
