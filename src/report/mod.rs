//! What a run made, for people: tables for a terminal, Markdown and a page for browsers.
//!
//! Pure: rows come in, text goes out. A `*_view` and a `document` are data that can be shown in
//! several ways.

pub mod agreement;
mod axis;
pub mod document;
mod document_text;
mod failures;
mod grid;
mod html;
pub mod leaderboard;
mod markdown;
mod measure_table;
pub mod measure_view;
pub mod models_view;
pub mod movement;
pub mod number;
pub mod paint;
pub mod paragraph;
pub mod plan_view;
mod plot;
pub mod provenance;
pub mod rows_view;
pub mod summary;
