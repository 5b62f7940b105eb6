mod data;
mod models;
mod report;
mod stats;
mod store;
mod syntax;
