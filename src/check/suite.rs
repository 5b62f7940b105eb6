//! `suite`: several pipelines and the scores made of them.

use crate::syntax::tree;

use super::checker::Checker;
use super::program::SuiteRun;
use super::scope::{Scope, Typed};

/// What a score may name.
#[derive(Debug, Default)]
pub(super) struct ScoreSource {
    pub(super) runs: Vec<SuiteRun>,
}

impl Checker<'_> {
    pub(super) fn score_part(&mut self, _: &mut Scope<'_>, _: &tree::Expr) -> Option<Typed> {
        None
    }
}

impl Checker<'_> {
    pub(super) fn suite(&mut self) -> Option<super::program::Suite> {
        None
    }
}
