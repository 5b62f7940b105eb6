//! Fields that a model is asked for and that nothing reads.

use std::collections::HashSet;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::syntax::tree::{
    self, AskBody, AskClauseKind, Expr, ExprKind, File, FunctionBody, ItemKind, Let, Name, Pattern, StepKind,
    TypeExpr, TypeExprKind, TypeField,
};

use super::codes;
use super::complaint::{Explained, error};
use super::expressions::bare;

/// What is read of a record.
#[derive(Default)]
struct Reads<'t> {
    fields: HashSet<&'t str>,
    /// It goes somewhere as a whole: any of its fields may be read there.
    whole: bool,
}

/// The fields that are written down in a `returns`, where each use of the answer is known to read
/// others: the answer is taken apart where it is asked for, or has a name.
pub(super) fn unread_fields(file: &File) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for item in &file.items {
        for part in item.kind.parts() {
            taken_apart(part, &mut told);
        }
        match &item.kind {
            ItemKind::Node(node) => {
                // A column goes on to other nodes, to reports and to tests.
                for one in node.steps.iter().filter_map(|step| let_of(&step.kind)) {
                    bound(
                        one,
                        file.items.iter().flat_map(|item| item.kind.parts()).collect(),
                        file,
                        &mut told,
                    );
                }
            }
            ItemKind::Stage(stage) => {
                for one in stage.steps.iter().filter_map(|step| let_of(&step.kind)) {
                    let adds = stage.adds.iter().any(|field| is_named(&one.pattern, &field.name));
                    if !adds {
                        bound(one, item.kind.parts(), file, &mut told);
                    }
                }
            }
            ItemKind::Function(function) => {
                if let FunctionBody::Block { lets, .. } = &function.body {
                    lets.iter().for_each(|one| bound(one, item.kind.parts(), file, &mut told));
                }
            }
            _ => {}
        }
    }
    told
}

fn let_of(step: &StepKind) -> Option<&Let> {
    match step {
        StepKind::Let(one) => Some(one),
        _ => None,
    }
}

fn is_named(pattern: &Pattern, name: &Name) -> bool {
    matches!(pattern, Pattern::Name(own) if own.value == name.value)
}

/// `ask … { … }.field`, at any depth.
fn taken_apart<'t>(expr: &'t Expr, told: &mut Vec<Diagnostic>) {
    if let ExprKind::Field(of, field) = &expr.kind
        && let ExprKind::Ask(ask) = &bare(of).kind
    {
        let reads = Reads { fields: HashSet::from([&*field.value]), whole: false };
        tell(ask, reads, told);
    }
    expr.parts().into_iter().for_each(|part| taken_apart(part, told));
}

/// `let NAME = ask …`, `let { a, b } = ask …`, with all that may name it.
fn bound<'t>(one: &'t Let, within: Vec<&'t Expr>, file: &File, told: &mut Vec<Diagnostic>) {
    let ExprKind::Ask(ask) = &bare(&one.value).kind else { return };
    // The type that it is given may be read elsewhere.
    if one.kind.is_some() {
        return;
    }
    let mut reads = Reads::default();
    match &one.pattern {
        Pattern::Fields(names) => reads.fields.extend(names.iter().map(|name| &*name.value)),
        Pattern::Name(name) => {
            within.into_iter().for_each(|expr| reads.of(expr, &name.value));
            reads.whole |= is_listed(file, &name.value);
        }
    }
    tell(ask, reads, told);
}

/// Whether a step lists a column: it may have another name afterwards, or tell rows apart.
fn is_listed(file: &File, column: &str) -> bool {
    let listed = |names: &[Name]| names.iter().any(|name| &*name.value == column);
    let nodes = file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Node(node) => Some(&node.steps),
        ItemKind::Stage(stage) => Some(&stage.steps),
        _ => None,
    });
    nodes.flatten().any(|step| match &step.kind {
        StepKind::Rename(pairs) => pairs.iter().any(|(from, _)| &*from.value == column),
        StepKind::Key(names) | StepKind::By(names) => listed(names),
        StepKind::Join(join) => listed(&join.on),
        StepKind::Group { keys, .. } => listed(keys),
        StepKind::Sample { per, .. } => listed(per),
        StepKind::Baseline { on, .. } => listed(on),
        StepKind::Interval { by: Some(by), .. } => listed(std::slice::from_ref(by)),
        _ => false,
    })
}

impl<'t> Reads<'t> {
    /// What an expression reads of all that goes by a name in it.
    fn of(&mut self, expr: &'t Expr, name: &str) {
        if let ExprKind::Field(of, field) = &expr.kind
            && goes_by(bare(of), name)
        {
            self.fields.insert(&field.value);
            // Of `verdicts.seen.field` the node is no use of the column.
            return;
        }
        if goes_by(expr, name) {
            self.whole = true;
        }
        expr.parts().into_iter().for_each(|part| self.of(part, name));
    }
}

/// `seen`, `origin.seen`, `verdicts.seen`
fn goes_by(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Name(own) => &**own == name,
        ExprKind::Field(_, field) => &*field.value == name,
        _ => false,
    }
}

fn tell<'t>(ask: &'t tree::Ask, mut reads: Reads<'t>, told: &mut Vec<Diagnostic>) {
    let AskBody::Clauses(clauses) = &ask.body else { return };
    for clause in clauses {
        if let AskClauseKind::Retry { until: Some(until), .. } = &clause.kind {
            // Of the answer itself, whatever a column of that name holds.
            let mut tried = Reads::default();
            tried.of(until, "it");
            if tried.whole {
                return;
            }
            for field in fields_of(clauses).filter(|field| tried.fields.contains(&*field.name.value)) {
                reads.fields.insert(&field.name.value);
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
