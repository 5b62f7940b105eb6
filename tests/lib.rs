mod data;
mod stats;
mod check;
mod syntax;
