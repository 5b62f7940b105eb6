mod check;
mod data;
mod library;
mod stats;
mod syntax;
