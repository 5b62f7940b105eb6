mod check;
mod data;
mod models;
mod report;
mod run;
mod stats;
mod store;
mod syntax;
