//! Estimates with their uncertainty: intervals, agreement, paired comparisons.
//!
//! What runs over rows is a *partial result*: a state for each chunk, stored, merged in any
//! order. States are exact (integers, or sums without rounding), so that a result depends on
//! the rows and not on their order, to the last bit.

pub mod alpha;
pub mod bootstrap;
pub mod bradley_terry;
pub mod clusters;
pub mod difference;
pub mod fixed;
pub mod interval;
pub mod kappa;
pub mod mcnemar;
pub mod moments;
pub mod normal;
pub mod quantile;
pub mod spearman;
pub mod student;
pub mod sum;
pub mod wilson;

pub use interval::Interval;
