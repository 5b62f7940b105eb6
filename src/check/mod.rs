//! Tree to typed program: names, types, the rules of each kind of node; and every complaint.
//!
//! No I/O: the texts that a file uses are handed in by whoever loads it.

pub mod program;
