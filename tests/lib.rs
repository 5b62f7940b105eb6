mod stats;
mod syntax;
mod models;
mod data;
mod store;
