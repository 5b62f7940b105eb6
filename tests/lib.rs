mod data;
mod models;
mod stats;
mod store;
mod syntax;
