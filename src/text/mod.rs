//! Native operations on text: perturbations, encodings, similarity, the reading of answers, and what is
//! shown of long ones.
//!
//! All are pure functions of their arguments; what is random draws from a
//! [`Stream`](crate::random::Stream). A perturbation takes the share of pieces (words, letters,
//! gaps) to change; [`perturbation`] lists them by name. Characters are Unicode scalar values.

pub mod answer;
pub mod case;
pub mod cut;
pub mod emoji;
pub mod encode;
pub mod homoglyph;
pub mod inner_letter;
pub mod insertion;
mod json_reader;
pub mod json_repair;
mod letter_choice;
pub mod lettered;
pub mod near;
pub mod number_words;
pub mod perturbation;
mod pieces;
pub mod punctuation;
pub mod shortened;
pub mod similarity;
pub mod spacing;
pub mod stretch;
pub mod typo;
pub mod word_order;
pub mod words;
