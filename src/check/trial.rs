//! What a test, the command line and `tgp.toml` change about a file before it is checked.

use std::path::Path;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ItemKind, Name, Rows, Test, TestClauseKind};

use super::check::Overrides;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::library::{Library, ModuleId};
use super::program::Binding;

/// One way to check the file.
#[derive(Default)]
pub(super) struct Trial<'l> {
    /// `set` of a test.
    pub(super) set: Vec<(&'l Name, &'l tree::Expr)>,
    /// `--set`, as text.
    pub(super) given: &'l [(String, String)],
    /// Where paths in `given` start, rather than at the file's folder.
    pub(super) paths_from: Option<&'l Path>,
    /// `set` of a suite's run.
    pub(super) stated: Vec<Stated<'l>>,
    /// `bind` of a test.
    pub(super) bind: Vec<(&'l Name, &'l tree::Expr)>,
    /// `--bind` and `tgp.toml`.
    pub(super) bound: &'l [(String, Vec<Binding>)],
    pub(super) replace: Vec<Replacement<'l>>,
    pub(super) take: Vec<(&'l tree::Expr, Option<&'l Name>)>,
    pub(super) seeds: Option<&'l tree::Expr>,
    pub(super) expect: Vec<Expected<'l>>,
}

/// A parameter's value as a suite states it for one of its runs.
pub(super) struct Stated<'l> {
    pub(super) name: &'l Name,
    /// As on the command line.
    pub(super) text: String,
    pub(super) span: Span,
}

pub(super) struct Replacement<'l> {
    pub(super) node: &'l Name,
    pub(super) rows: &'l Rows,
    pub(super) span: Span,
}

pub(super) struct Expected<'l> {
    pub(super) value: &'l tree::Expr,
    pub(super) within: Option<&'l (tree::Expr, tree::Expr)>,
    pub(super) span: Span,
}

impl<'l> Trial<'l> {
    /// The file as it stands.
    pub(super) fn plain(overrides: &'l Overrides) -> Trial<'l> {
        let paths_from = overrides.paths_from.as_deref();
        Trial { given: &overrides.set, paths_from, bound: &overrides.bind, ..Trial::default() }
    }

    /// The file as one of its tests: nothing from outside but `--set`.
    pub(super) fn of(test: &'l Test, overrides: &'l Overrides) -> Trial<'l> {
        let paths_from = overrides.paths_from.as_deref();
        let mut trial = Trial { given: &overrides.set, paths_from, ..Trial::default() };
        for clause in &test.clauses {
            match &clause.kind {
                TestClauseKind::Bind { name, value } => trial.bind.push((name, value)),
                TestClauseKind::Set { name, value } => trial.set.push((name, value)),
                TestClauseKind::Replace { node, rows } => {
                    trial.replace.push(Replacement { node, rows, span: clause.span });
                }
                TestClauseKind::Take { count, node } => trial.take.push((count, node.as_ref())),
                TestClauseKind::Seeds(count) => trial.seeds = Some(count),
                TestClauseKind::Expect { value, within } => {
                    trial.expect.push(Expected { value, within: within.as_ref(), span: clause.span });
                }
                TestClauseKind::Broken => {}
            }
        }
        trial
    }

    /// A path given on the command line, as it is found from the file's folder.
    pub(super) fn resolved_from_outside(&self, path: &str) -> String {
        match self.paths_from {
            Some(folder) if !path.contains("://") => folder.join(path).to_string_lossy().into_owned(),
            _ => path.to_owned(),
        }
    }

    /// The rows that stand for a node.
    pub(super) fn replacement(&self, node: &str) -> Option<&Replacement<'l>> {
        self.replace.iter().rev().find(|replacement| &*replacement.node.value == node)
    }
}

/// The tests of a file.
pub(super) fn tests(library: &Library) -> impl Iterator<Item = &Test> {
    library.module(ModuleId::ROOT).file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Test(test) => Some(test),
        _ => None,
    })
}

/// A complaint about a test that is asked for but not there.
pub(super) fn no_test(library: &Library, name: &str) -> Diagnostic {
    let start = Span::new(library.module(ModuleId::ROOT).source, 0, 0);
    let mut problem = error(codes::UNKNOWN_TEST, start, format!("no test `{name}`"));
    problem.help = suggestion(name, "there are", tests(library).map(|test| &*test.name.value));
    if problem.help.is_none() {
        problem = problem.help("the file has no tests");
    }
    problem
}
