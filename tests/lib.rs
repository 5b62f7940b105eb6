mod stats;
mod syntax;
