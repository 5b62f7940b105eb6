//! What a run made, for people: tables for a terminal, Markdown and a page for browsers.
//!
//! Pure: rows come in, text goes out. Each `*_view` is data that can be shown in several ways.

mod grid;
mod measure_table;
pub mod measure_view;
mod number;
mod paint;
pub mod rows_view;
pub mod summary;
