//! Fields that a model is asked for and that nothing reads.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::diagnostic::Diagnostic;
use crate::syntax::tree::{
    self, AskBody, AskClauseKind, Expr, ExprKind, File, FunctionBody, ItemKind, Let, Name, Pattern, StepKind,
    TypeExpr, TypeExprKind, TypeField,
};

use super::codes;
use super::complaint::{Explained, error};
use super::expressions::bare;

/// What is read of a record.
#[derive(Clone, Default)]
struct Reads<'t> {
    fields: HashSet<&'t str>,
    /// It goes somewhere as a whole: any of its fields may be read there.
    whole: bool,
}

/// What is read of all that goes by a few names.
struct Uses<'t> {
    of: HashMap<&'t str, Reads<'t>>,
}

/// The fields that are written down in a `returns`, where each use of the answer is known to read
/// others: the answer is taken apart where it is asked for, or has a name.
pub(super) fn unread_fields(file: &File) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let columns: Vec<&Let> = file
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Node(node) => Some(node.steps.iter().filter_map(|step| let_of(&step.kind))),
            _ => None,
        })
        .flatten()
        .collect();
    // A column goes on to other nodes, to reports and to tests.
    let mut uses = Uses::new(columns.iter().copied());
    for item in &file.items {
        for part in item.kind.parts() {
            taken_apart(part, &mut told);
            uses.within(part);
        }
        let own: Vec<&Let> = match &item.kind {
            ItemKind::Stage(stage) => stage
                .steps
                .iter()
                .filter_map(|step| let_of(&step.kind))
                .filter(|one| !is_added(stage, one))
                .collect(),
            ItemKind::Function(function) => match &function.body {
                FunctionBody::Block { lets, .. } => lets.iter().collect(),
                _ => Vec::new(),
            },
            _ => continue,
        };
        let mut uses = Uses::new(own.iter().copied());
        item.kind.parts().into_iter().for_each(|part| uses.within(part));
        own.into_iter().for_each(|one| bound(one, &uses, &mut told));
    }
    uses.listed(file);
    columns.into_iter().for_each(|one| bound(one, &uses, &mut told));
    told
}

fn let_of(step: &StepKind) -> Option<&Let> {
    match step {
        StepKind::Let(one) => Some(one),
        _ => None,
    }
}

fn is_added(stage: &tree::Stage, one: &Let) -> bool {
    stage.adds.iter().any(|field| matches!(&one.pattern, Pattern::Name(own) if own.value == field.name.value))
}

/// `ask … { … }.field`, at any depth.
fn taken_apart(expr: &Expr, told: &mut Vec<Diagnostic>) {
    if let ExprKind::Field(of, field) = &expr.kind
        && let ExprKind::Ask(ask) = &bare(of).kind
    {
        let reads = Reads { fields: HashSet::from([&*field.value]), whole: false };
        tell(ask, reads, told);
    }
    expr.parts().into_iter().for_each(|part| taken_apart(part, told));
}

/// `let NAME = ask …`, `let { a, b } = ask …`.
fn bound(one: &Let, uses: &Uses<'_>, told: &mut Vec<Diagnostic>) {
    let Some(ask) = asked(one) else { return };
    match &one.pattern {
        Pattern::Fields(names) => {
            let fields = names.iter().map(|name| &*name.value).collect();
            tell(ask, Reads { fields, whole: false }, told);
        }
        Pattern::Name(name) => tell(ask, uses.of.get(&*name.value).cloned().unwrap_or_default(), told),
    }
}

/// What a `let` asks, where nothing but the answer's own form says what it is.
fn asked(one: &Let) -> Option<&tree::Ask> {
    match &bare(&one.value).kind {
        ExprKind::Ask(ask) if one.kind.is_none() => Some(ask),
        _ => None,
    }
}

impl<'t> Uses<'t> {
    /// Of the names that answers are bound to.
    fn new(lets: impl Iterator<Item = &'t Let>) -> Uses<'t> {
        let names = lets.filter(|one| asked(one).is_some()).filter_map(|one| match &one.pattern {
            Pattern::Name(name) => Some((&*name.value, Reads::default())),
            Pattern::Fields(_) => None,
        });
        Uses { of: names.collect() }
    }

    /// What an expression reads of them.
    fn within(&mut self, expr: &'t Expr) {
        if self.of.is_empty() {
            return;
        }
        if let ExprKind::Field(of, field) = &expr.kind
            && let Some(reads) = called(bare(of)).and_then(|name| self.of.get_mut(name))
        {
            reads.fields.insert(&field.value);
            // Of `verdicts.seen.field` the node is no use of the column.
            bare(of).parts().into_iter().for_each(|part| self.within(part));
            return;
        }
        self.whole(called(expr));
        expr.parts().into_iter().for_each(|part| self.within(part));
    }

    fn whole(&mut self, name: Option<&str>) {
        if let Some(reads) = name.and_then(|name| self.of.get_mut(name)) {
            reads.whole = true;
        }
    }

    /// The columns that steps list: one may have another name afterwards, or tell rows apart.
    fn listed(&mut self, file: &File) {
        let steps = file.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Node(node) => Some(&node.steps),
            _ => None,
        });
        for step in steps.flatten() {
            let names: Vec<&Name> = match &step.kind {
                StepKind::Rename(pairs) => pairs.iter().map(|(from, _)| from).collect(),
                StepKind::Key(names) | StepKind::By(names) => names.iter().collect(),
                StepKind::Join(join) => join.on.iter().collect(),
                StepKind::Group { keys, .. } => keys.iter().collect(),
                StepKind::Sample { per, .. } => per.iter().collect(),
                StepKind::Baseline { on, .. } => on.iter().collect(),
                StepKind::Interval { by: Some(by), .. } => vec![by],
                _ => continue,
            };
            names.into_iter().for_each(|name| self.whole(Some(&name.value)));
        }
    }
}

/// `seen`, `origin.seen`, `verdicts.seen`
fn called(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(own) => Some(own),
        ExprKind::Field(_, field) => Some(&field.value),
        _ => None,
    }
}

fn tell<'t>(ask: &'t tree::Ask, mut reads: Reads<'t>, told: &mut Vec<Diagnostic>) {
    let AskBody::Clauses(clauses) = &ask.body else { return };
    for clause in clauses {
        if let AskClauseKind::Retry { until: Some(until), .. } = &clause.kind {
            // Of the answer itself, whatever a column of that name holds.
            let mut tried = Uses { of: HashMap::from([("it", Reads::default())]) };
            tried.within(until);
            for tried in tried.of.into_values() {
                reads.whole |= tried.whole;
                reads.fields.extend(tried.fields);
            }
        }
    }
    if reads.whole {
        return;
    }
    for field in fields_of(clauses) {
        let name = &field.name.value;
        if !name.starts_with('_') && !reads.fields.contains(&**name) {
            told.push(
                error(codes::UNUSED, field.name.span, format!("`{name}` is asked for and never read")).help(
                    format!(
                        "read it or take it out of `returns`; for a reason before the answer write \
                         `reason first`; a name that begins with `_` may stay: `_{name}`"
                    ),
                ),
            );
        }
    }
}

/// The fields of a record that is written down where it is asked for.
fn fields_of(clauses: &[tree::AskClause]) -> impl Iterator<Item = &TypeField> {
    let returns = clauses.iter().filter_map(|clause| match &clause.kind {
        AskClauseKind::Returns(kind) => Some(record(kind)),
        _ => None,
    });
    returns.flatten()
}

fn record(kind: &TypeExpr) -> &[TypeField] {
    match &kind.kind {
        TypeExprKind::Record(fields) => fields,
        TypeExprKind::Optional(of) => record(of),
        _ => &[],
    }
}
