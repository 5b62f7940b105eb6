//! `vary`: the same case in other forms.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ExprKind, Name, StepKind as Written};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::expressions::bare;
use super::nodes::Building;
use super::program::{Expr, Slot, StepKind, Variation, Vary};
use super::scope::Column;
use super::variations::{Made, Target};

const ORIGINAL: &str = "original";

#[derive(Default)]
struct Clauses<'l> {
    on: Vec<&'l tree::Expr>,
    with: Vec<(&'l tree::Expr, Span)>,
    one_of: Option<(&'l tree::Expr, Span)>,
    keep_original: bool,
    gold: Option<&'l Name>,
    last: Option<usize>,
}

impl<'l> Checker<'l> {
    pub(super) fn vary(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        let mut clauses = Clauses::default();
        for (at, step) in node.steps.iter().enumerate() {
            if vary_clause(&mut clauses, step) {
                clauses.last = Some(at);
            }
        }
        for (at, step) in node.steps.iter().enumerate() {
            if !is_clause(&step.kind) {
                self.step(building, step);
            }
            if clauses.last == Some(at) {
                self.vary_step(building, &clauses);
            }
        }
        if clauses.last.is_none() {
            self.vary_step(building, &clauses);
        }
    }

    fn vary_step(&mut self, building: &mut Building<'l>, clauses: &Clauses<'l>) {
        let node = building.node;
        let span = node.name.span;
        let broken = node.steps.iter().any(|step| matches!(step.kind, Written::Broken(_)));
        let gold = clauses.gold.and_then(|name| self.column(building, name));
        let (on, kind) = self.varied(building, clauses);
        if on.is_empty() && clauses.on.is_empty() && !broken {
            self.tell(
                error(
                    codes::NOTHING_VARIED,
                    span,
                    format!("`{}` does not say what it varies", node.name.value),
                )
                .help("add `on COLUMN`"),
            );
        }
        let target = Target {
            kind: kind.unwrap_or(Type::Unknown),
            gold: gold.as_ref().map(|column| column.kind.clone()),
            span,
        };
        let one = clauses.one_of.is_some();
        if let (Some((_, one_of)), Some((_, with))) = (clauses.one_of, clauses.with.first()) {
            self.tell(
                error(
                    codes::REPEATED_CLAUSE,
                    one_of,
                    "`with` and `one of` both say which variations there are",
                )
                .also(*with, "`with` stands here")
                .help("`with` makes all of them of each row, `one of` one at random"),
            );
        }
        let mut scope = building.scope();
        // The value to vary and the gold come first.
        scope.frame = 2;
        let mut made: Vec<Made> = Vec::new();
        let lists = clauses.with.iter().map(|(list, _)| *list).chain(clauses.one_of.map(|(list, _)| list));
        let mut stated = false;
        for list in lists {
            stated = true;
            self.variations(&mut scope, list, &target, &mut made, 0);
        }
        if !stated && !broken {
            self.tell(
                error(codes::NOTHING_VARIED, span, format!("`{}` has no variations", node.name.value))
                    .help("add `with [ ... ]` or `one of [ ... ]`"),
            );
        }
        let frame = scope.frame;
        // The gold is of what type all its forms are.
        let golds: Vec<Type> = made.iter().filter_map(|one| one.gold.clone()).collect();
        let variations = self.distinct(made, clauses.keep_original);
        let mut labels: Vec<Arc<str>> =
            variations.iter().map(|variation| Arc::clone(&variation.name)).collect();
        if clauses.keep_original {
            labels.insert(0, ORIGINAL.into());
        }
        let several = variations.len() > 1;
        let before: Vec<Column> = building.row.visible().cloned().collect();
        let vary = Vary {
            on,
            variations,
            one,
            keep_original: clauses.keep_original,
            gold: gold.as_ref().map(|column| column.slot),
            origin: before.iter().map(|column| column.slot).collect(),
        };
        self.push(building, StepKind::Vary(vary), frame, span);
        // One variation of each row is one row.
        if clauses.keep_original || (!one && several) {
            self.multiplied(building, "variant", span);
        }
        if let Some(gold) = gold {
            let all = golds.iter().try_fold(gold.kind, |all, one| super::types::join(&all, one));
            let column = building.row.columns.iter_mut().find(|column| column.slot == gold.slot);
            if let (Some(all), Some(column)) = (all, column) {
                column.kind = all;
            }
        }
        let known = !broken && !labels.is_empty();
        let variant = if known { Type::Closed(labels.into()) } else { Type::Text };
        let name = Name::new("variant".into(), span);
        let slot = self.add(building, &name, variant, None);
        let fields = [("_id".into(), Type::Id)]
            .into_iter()
            .chain(before.iter().map(|column| (Arc::clone(&column.name), column.kind.clone())));
        let origin = if !building.row.is_certain() { Type::Unknown } else { Type::record(fields) };
        self.add(building, &Name::new("origin".into(), span), origin, None);
        let parts = before.iter().map(|column| (Arc::clone(&column.name), column.defined)).collect();
        if let Some(origin) = building.row.columns.last_mut() {
            origin.parts = Some(parts);
        }
        self.repaired(building, &name, slot, false);
    }

    /// What `on` names: columns, or one element of a list or conversation in them.
    fn varied(
        &mut self,
        building: &Building<'l>,
        clauses: &Clauses<'l>,
    ) -> (Vec<(Slot, Option<Expr>)>, Option<Type>) {
        let mut on = Vec::new();
        let mut kind: Option<Type> = None;
        for written in &clauses.on {
            let written = bare(written);
            let (column, at) = match &written.kind {
                ExprKind::Name(name) => (Name::new(Arc::clone(name), written.span), None),
                ExprKind::Index(of, at) => match &bare(of).kind {
                    ExprKind::Name(name) => (Name::new(Arc::clone(name), of.span), Some(&**at)),
                    _ => {
                        self.not_varied(written.span);
                        continue;
                    }
                },
                ExprKind::Broken => continue,
                _ => {
                    self.not_varied(written.span);
                    continue;
                }
            };
            let Some(column) = self.column(building, &column) else { continue };
            let element = match (&column.kind, at) {
                (kind, None) => kind.clone(),
                (Type::List(of), Some(_)) => (**of).clone(),
                (Type::Turns, Some(_)) => Type::Text,
                (Type::Unknown, Some(_)) => Type::Unknown,
                (other, Some(_)) => {
                    self.tell(
                        error(
                            codes::NOT_A_LIST,
                            written.span,
                            format!("`{}` has no elements: it is {other}", column.name),
                        )
                        .help("vary the column as a whole"),
                    );
                    continue;
                }
            };
            if element.is_optional() {
                self.tell(
                    error(
                        codes::MAY_BE_MISSING,
                        written.span,
                        format!("`{}` may be missing, so it cannot be varied", column.name),
                    )
                    .help("leave such rows out before: `where x is present` and `require x`"),
                );
            }
            match &kind {
                Some(first) if *first != element => self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        written.span,
                        format!("{element} cannot be varied together with {first}"),
                    )
                    .help("vary columns of one type in one node"),
                ),
                _ => kind = Some(element.present().clone()),
            }
            let at = at.map(|at| self.wanted(&mut building.scope(), at, &Type::Int, "the index"));
            on.push((column.slot, at));
        }
        (on, kind)
    }

    fn not_varied(&mut self, span: Span) {
        self.tell(
            error(codes::NOTHING_VARIED, span, "`on` names columns")
                .help("such as `on question` or `on dialogue[0]`; make the column with `let` before"),
        );
    }

    fn distinct(&mut self, made: Vec<Made>, keep_original: bool) -> Vec<Variation> {
        let mut distinct: Vec<Made> = Vec::with_capacity(made.len());
        for one in made {
            let name = &one.variation.name;
            if keep_original && &**name == ORIGINAL {
                self.tell(
                    error(codes::DUPLICATE_NAME, one.span, "`original` is the row as it was")
                        .help("give the variation another name: `... as NAME`"),
                );
                continue;
            }
            if let Some(earlier) = distinct.iter().find(|earlier| earlier.variation.name == *name) {
                let problem =
                    error(codes::DUPLICATE_NAME, one.span, format!("there is already a variation `{name}`"))
                        .also(earlier.span, "the first one")
                        .help("give one of them another name: `... as NAME`");
                self.tell(problem);
                continue;
            }
            distinct.push(one);
        }
        distinct.into_iter().map(|one| one.variation).collect()
    }
}

fn vary_clause<'l>(clauses: &mut Clauses<'l>, step: &'l tree::Step) -> bool {
    match &step.kind {
        Written::On(exprs) => clauses.on.extend(exprs),
        Written::With(list) => clauses.with.push((list, step.span)),
        Written::OneOf(list) => clauses.one_of = Some((list, step.span)),
        Written::KeepOriginal => clauses.keep_original = true,
        Written::Gold(name) => clauses.gold = Some(name),
        _ => return false,
    }
    true
}

fn is_clause(step: &Written) -> bool {
    matches!(
        step,
        Written::On(_) | Written::With(_) | Written::OneOf(_) | Written::KeepOriginal | Written::Gold(_)
    )
}
