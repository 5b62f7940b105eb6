mod data;
mod stats;
