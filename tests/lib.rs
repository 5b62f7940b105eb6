mod data;
mod models;
mod run;
mod report;
mod stats;
mod store;
mod syntax;
mod check;
