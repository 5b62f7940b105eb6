mod stats;
mod syntax;
mod models;
