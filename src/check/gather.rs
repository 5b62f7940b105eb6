//! Expressions over whole tables: their leaves are gathered apart, and the expression itself
//! stands over what was gathered.

use crate::syntax::tree;

use super::aggregates::RowSide;
use super::checker::Checker;
use super::program::{Aggregate, Cell, SuitePart};
use super::scope::{Row, Scope, Typed};

/// What an expression over many rows has gathered so far: leaf n stands in Local(n).
pub(super) enum Gather<'a> {
    /// In `metric` and `group`.
    Rows { leaves: Vec<Aggregate>, row: &'a Row, side: &'a mut RowSide },
    /// In a test's `expect`.
    Tables { cells: Vec<Cell>, frame: u32 },
    /// In a suite's `score`.
    Scores { parts: Vec<SuitePart> },
}

impl Checker<'_> {
    /// The leaf that an expression is, where it is one.
    pub(super) fn gathered(&mut self, scope: &mut Scope<'_>, written: &tree::Expr) -> Option<Typed> {
        match &scope.gather {
            Some(Gather::Rows { .. }) => self.aggregate_call(scope, written),
            Some(Gather::Tables { .. }) => self.cell(scope, written),
            Some(Gather::Scores { .. }) => self.score_part(scope, written),
            None => None,
        }
    }
}
