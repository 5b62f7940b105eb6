mod stats;
mod syntax;
mod models;
mod data;
