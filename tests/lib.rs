mod data;
mod stats;
mod syntax;
