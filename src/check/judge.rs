//! `judge`: verdicts on rows.

use std::sync::Arc;

use crate::data::types::{Field, Type};
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Name, StepKind as Written, Vote};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, listing};
use super::nodes::Building;
use super::program::{Capability, Compare, Expr, Local, ModelRef, StepKind, Verdict};
use super::reach::reached;
use super::scope::{Doubt, LocalName, LocalValue, Scope, Typed};

/// `when COND -> VALUE` as written.
struct When<'l> {
    condition: &'l tree::Expr,
    verdict: Option<&'l Name>,
    value: &'l tree::Expr,
    span: Span,
    /// Whether some verdict took it.
    taken: bool,
    /// Why none did.
    refused: Vec<crate::diagnostics::diagnostic::Diagnostic>,
}

/// `compare A, B swap random` as written.
#[derive(Clone, Copy)]
struct Pair<'l> {
    first: &'l tree::Expr,
    second: &'l tree::Expr,
    order: tree::CompareOrder,
}

impl<'l> Checker<'l> {
    /// Who judges, and how their verdicts combine.
    pub(super) fn judges(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        let mut judge: Option<Capability> = None;
        for name in &node.by {
            let Some((model, capability)) = self.any_model(&mut building.scope(), name) else { continue };
            let ModelRef::Declared(id) = model else { continue };
            if !matches!(capability, Capability::Chat | Capability::Vision) {
                self.tell(
                    error(
                        codes::WRONG_CAPABILITY,
                        name.span,
                        format!(
                            "`{}` cannot judge: it is {}",
                            name.value,
                            super::types::capability_word(capability)
                        ),
                    )
                    .help("a judge is `chat` or `vision`"),
                );
                continue;
            }
            if building.judges.contains(&id) {
                self.tell(
                    error(codes::DUPLICATE_NAME, name.span, format!("`{}` judges twice", name.value))
                        .help("name each judge once"),
                );
                continue;
            }
            building.judges.push(id);
            // What all of them can do.
            judge = Some(match judge {
                Some(Capability::Chat) => Capability::Chat,
                _ => capability,
            });
        }
        building.judge = judge.or((!node.by.is_empty()).then_some(Capability::Vision));
        match &node.vote {
            None if building.judges.len() > 1 => {
                let second = node.by.get(1).map_or(node.name.span, |name| name.span);
                self.tell(
                    error(codes::VOTE, second, "several judges, but nothing says how their verdicts combine")
                        .help("add `with vote majority`, `unanimous` or `mean`"),
                );
            }
            Some(vote) if node.by.len() < 2 => self.tell(
                error(codes::VOTE, vote.span, "a vote needs several judges")
                    .help("name them after `by`, or remove the vote"),
            ),
            _ => {}
        }
    }

    pub(super) fn judge(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        let mut whens: Vec<When<'l>> = node
            .steps
            .iter()
            .filter_map(|step| match &step.kind {
                Written::When { condition, verdict, value } => Some(When {
                    condition,
                    verdict: verdict.as_ref(),
                    value,
                    span: step.span,
                    taken: false,
                    refused: Vec::new(),
                }),
                _ => None,
            })
            .collect();
        let mut pair: Option<Pair<'l>> = None;
        let mut verdicts: Vec<Arc<str>> = Vec::new();
        for (at, step) in node.steps.iter().enumerate() {
            match &step.kind {
                Written::Verdict { name, kind, value } => {
                    let otherwise = otherwise_after(&node.steps, at);
                    let verdict = WrittenVerdict { name, kind, value, otherwise, span: step.span };
                    self.verdict(building, &verdict, &mut whens, pair);
                    verdicts.push(Arc::clone(&name.value));
                }
                Written::When { .. } => {}
                Written::Otherwise(_) => {
                    let follows = verdict_before(&node.steps, at);
                    if !follows {
                        self.tell(
                            error(codes::MISPLACED, step.span, "`otherwise` follows no verdict")
                                .help("write it below the verdict that may have no value"),
                        );
                    }
                }
                Written::Compare { first, second, order } => match order {
                    Some(order) => pair = Some(Pair { first, second, order: order.value }),
                    None => self.tell(
                        error(codes::COMPARE_ORDER, step.span, "nothing says in which order the two are shown")
                            .help("add `swap random` or `both orders`: judges prefer the first or the second as such"),
                    ),
                },
                Written::Labels { read, on } => self.labels(building, read, on, step.span),
                _ => self.step(building, step),
            }
        }
        self.idle_whens(&whens, &verdicts);
        let broken = node.steps.iter().any(|step| matches!(step.kind, Written::Broken(_)));
        if verdicts.is_empty() && !broken {
            self.tell(
                error(codes::NO_VERDICT, node.name.span, format!("`{}` has no verdict", node.name.value))
                    .help("add `verdict NAME: TYPE = EXPR`"),
            );
        }
    }

    fn idle_whens(&mut self, whens: &[When<'l>], verdicts: &[Arc<str>]) {
        for when in whens.iter().filter(|when| !when.taken) {
            if !when.refused.is_empty() {
                self.diagnostics.extend(when.refused.iter().cloned());
                continue;
            }
            let names: Vec<&str> = verdicts.iter().map(|name| &**name).collect();
            let listed = listing(&names).unwrap_or_else(|| "none".into());
            self.tell(
                error(codes::IDLE_WHEN, when.span, "this `when` belongs to no verdict")
                    .help(format!("the verdicts are {listed}; its value must fit one of them")),
            );
        }
    }

    fn verdict(
        &mut self,
        building: &mut Building<'l>,
        written: &WrittenVerdict<'l>,
        whens: &mut [When<'l>],
        pair: Option<Pair<'l>>,
    ) {
        let kind = self.read_type(building.module, written.kind);
        self.verdict_kind(&kind, written.kind.span);
        let mut scope = building.scope();
        scope.judge = building.judge.map(|capability| (ModelRef::Judge, capability));
        let pair = pair.map(|pair| self.pair(&mut scope, pair));
        // What `when` says is known without a judge.
        let outside = scope.quiet.replace("in a `when`, which is tried before any call");
        let mut cases = Vec::new();
        for when in whens.iter_mut() {
            cases.extend(self.when(&mut scope, when, written.name, &kind));
        }
        scope.quiet = outside;
        let value = self.verdict_value(&mut scope, &kind, written);
        let otherwise: Vec<Expr> = self.verdict_otherwise(&mut scope, &kind, written);
        let frame = scope.frame;
        let asked = reached([&value].into_iter().chain(&otherwise), &self.reach);
        let judges = if asked.contains(&ModelRef::Judge) { building.judges.clone() } else { Vec::new() };
        let vote = building.node.vote.as_ref().filter(|_| judges.len() > 1);
        if let Some(vote) = vote
            && vote.value == Vote::Mean
            && !matches!(kind.present(), Type::Int | Type::Float | Type::Unknown)
        {
            self.tell(
                error(codes::VOTE, vote.span, format!("there is no mean of {}", kind.present()))
                    .also(written.name.span, "this verdict")
                    .help("`majority` and `unanimous` work for labels and conditions"),
            );
        }
        let several = judges.len() > 1;
        let verdict = Verdict {
            kind: kind.clone(),
            when: cases,
            value,
            otherwise,
            judges,
            vote: vote.map(|vote| vote.value),
            compare: pair,
        };
        self.push(building, StepKind::Verdict(verdict), frame, written.span);
        // The mean of whole numbers need not be one.
        let seen = match (vote.map(|vote| vote.value), kind.present()) {
            (Some(Vote::Mean), Type::Int) if kind.is_optional() => Type::Float.optional(),
            (Some(Vote::Mean), Type::Int) => Type::Float,
            _ => kind.clone(),
        };
        let slot = self.add(building, written.name, seen, None);
        if several {
            let vote = Type::Record(
                [
                    Field { name: "judge".into(), kind: Type::Text },
                    Field { name: "verdict".into(), kind: kind.optional() },
                ]
                .into(),
            );
            let name = format!("{}_by_judge", written.name.value);
            self.add(building, &Name::new(name.into(), written.name.span), Type::list(vote), None);
        }
        self.repaired(building, written.name, slot, false);
    }

    fn verdict_kind(&mut self, kind: &Type, span: Span) {
        if matches!(kind.present(), Type::Image | Type::Turns | Type::Id | Type::Json | Type::Path) {
            self.tell(
                error(codes::TYPE_MISMATCH, span, format!("a verdict cannot be {kind}"))
                    .help("a verdict is a condition, a number, or one of a closed set: `refused | complied`"),
            );
        }
    }

    fn verdict_value(&mut self, scope: &mut Scope<'_>, kind: &Type, written: &WrittenVerdict<'l>) -> Expr {
        self.must_be(written.value.span, written.kind.span);
        let typed = self.expr(scope, written.value, Some(kind));
        let what = format!("the verdict `{}`", written.name.value);
        // Where something follows for a missing value, the value may be missing.
        let last = written.otherwise.is_empty();
        if last
            && typed.kind.is_optional()
            && !kind.is_optional()
            && (typed.kind == Type::Missing || kind.accepts(typed.kind.present()))
        {
            self.tell(
                error(codes::MAY_BE_MISSING, written.value.span, format!("{what} may be missing, but is declared {kind}"))
                    .help(format!(
                        "declare it `{}`, so that missing verdicts are counted; or say what they are: `... ?? VALUE`, `otherwise VALUE`",
                        kind.clone().optional()
                    )),
            );
            return Typed::unknown().expr;
        }
        let wanted = if last { kind.clone() } else { kind.clone().optional() };
        self.fit(scope, typed, &wanted, written.value.span, &what)
    }

    fn verdict_otherwise(
        &mut self,
        scope: &mut Scope<'_>,
        kind: &Type,
        written: &WrittenVerdict<'l>,
    ) -> Vec<Expr> {
        let last = written.otherwise.len().saturating_sub(1);
        let what = format!("the verdict `{}`", written.name.value);
        let mut values = Vec::with_capacity(written.otherwise.len());
        for (at, value) in written.otherwise.iter().enumerate() {
            let wanted = if at == last { kind.clone() } else { kind.clone().optional() };
            values.push(self.wanted(scope, value, &wanted, &what));
        }
        values
    }

    /// A `when` belongs to the verdict it names, or to each that its value fits.
    fn when(
        &mut self,
        scope: &mut Scope<'_>,
        when: &mut When<'l>,
        verdict: &Name,
        kind: &Type,
    ) -> Option<(Expr, Expr)> {
        if let Some(named) = when.verdict {
            if named.value != verdict.value {
                return None;
            }
            when.taken = true;
            let condition = self.condition(scope, when.condition, "the condition of `when`");
            return Some((condition, self.wanted(scope, when.value, kind, "the value of `when`")));
        }
        let (value, told) = self.attempt(|this| this.wanted(scope, when.value, kind, "the value of `when`"));
        if !told.is_empty() {
            if when.refused.is_empty() {
                when.refused = told;
            }
            return None;
        }
        let (condition, told) =
            self.attempt(|this| this.condition(scope, when.condition, "the condition of `when`"));
        if !told.is_empty() {
            when.refused = told;
            return None;
        }
        when.taken = true;
        Some((condition, value))
    }

    fn pair(&mut self, scope: &mut Scope<'_>, pair: Pair<'l>) -> Compare {
        // The two stand in the first places of the frame.
        scope.frame = 2;
        let first = self.expr(scope, pair.first, None);
        let second = self.expr(scope, pair.second, Some(&first.kind));
        let kind = super::types::join(&first.kind, &second.kind).unwrap_or_else(|| {
            self.tell(
                error(
                    codes::TYPE_MISMATCH,
                    pair.second.span,
                    format!("{} is compared with {}", first.kind, second.kind),
                )
                .help("the two that are compared are of one type"),
            );
            Type::Unknown
        });
        for (name, local) in [("first", Local(0)), ("second", Local(1))] {
            let value = LocalValue::Local(local);
            scope.locals.push(LocalName { name: name.into(), value, kind: kind.clone(), defined: None });
        }
        Compare { first: first.expr, second: second.expr, order: pair.order }
    }

    /// Verdicts by people, read from a file.
    fn labels(&mut self, building: &mut Building<'l>, read: &tree::Read, on: &[Name], span: Span) {
        let (source, fields) = self.read_source(building.module, read);
        let mut keys = Vec::with_capacity(on.len());
        for name in on {
            let theirs = fields.iter().position(|field| field.name == name.value);
            let Some(theirs) = theirs else {
                let message = format!("the labels have no field `{}`", name.value);
                let mut problem = error(codes::UNKNOWN_FIELD, name.span, message);
                problem.help = super::complaint::suggestion(
                    &name.value,
                    "they have",
                    fields.iter().map(|field| &*field.name),
                );
                self.tell(problem);
                continue;
            };
            let Some(ours) = self.column(building, name) else { continue };
            if super::types::join(&ours.kind, &fields[theirs].kind).is_none() {
                let message = format!(
                    "`{}` is {} here and {} in the labels",
                    name.value, ours.kind, fields[theirs].kind
                );
                self.tell(
                    error(codes::TYPE_MISMATCH, name.span, message).help("a key has one type on both sides"),
                );
            }
            keys.push((ours.slot, theirs as u32));
        }
        let mut labels =
            fields.iter().enumerate().filter(|(_, field)| !on.iter().any(|name| name.value == field.name));
        let (Some((label, field)), None) = (labels.next(), labels.next()) else {
            self.tell(
                error(codes::NO_FIELDS, span, "labels are one field beside the keys")
                    .help("`labels jsonl \"human.jsonl\" as { id: text, human: refused | complied } on id`"),
            );
            building.row.doubt(Doubt::Of(fields.iter().map(|field| Arc::clone(&field.name)).collect()));
            return;
        };
        let (name, kind) = (Arc::clone(&field.name), field.kind.clone());
        let written = read.fields.iter().find(|written| written.name.value == name);
        let at = written.map_or(span, |written| written.name.span);
        let label = label as u32;
        if let Some(source) = source {
            self.push(building, StepKind::Labels { read: source, keys, label }, 0, span);
        }
        self.add(building, &Name::new(name, at), kind.optional(), None);
    }
}

struct WrittenVerdict<'l> {
    name: &'l Name,
    kind: &'l tree::TypeExpr,
    value: &'l tree::Expr,
    otherwise: Vec<&'l tree::Expr>,
    span: Span,
}

/// The `otherwise` clauses that belong to the verdict at a place: those that follow it, `when`s
/// and broken steps aside.
fn otherwise_after(steps: &[tree::Step], at: usize) -> Vec<&tree::Expr> {
    let mut found = Vec::new();
    for step in &steps[at + 1..] {
        match &step.kind {
            Written::Otherwise(value) => found.push(value),
            Written::When { .. } | Written::Broken(_) => {}
            _ => break,
        }
    }
    found
}

fn verdict_before(steps: &[tree::Step], at: usize) -> bool {
    for step in steps[..at].iter().rev() {
        match &step.kind {
            Written::Verdict { .. } | Written::Broken(_) => return true,
            Written::Otherwise(_) | Written::When { .. } => {}
            _ => return false,
        }
    }
    false
}
