mod stats;
mod syntax;
mod models;
mod data;
mod store;
mod data;
mod stats;
mod syntax;
