//! `suite`: several pipelines and the scores made of them.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, BinaryOperator, ExprKind, ItemKind, Name, Run, TestClauseKind, Total};

use super::aggregates::leaves_in;
use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::constant::fold;
use super::expressions::{bare, can};
use super::gather::Gather;
use super::library::{Library, ModuleId};
use super::loading::twice;
use super::mentions::Mentions;
use super::program::{
    Capability, Direction, Expr, Local, Measure, ModelId, Node, NodeId, Program, StepKind, Suite, SuitePart,
    SuiteRun, SuiteScore,
};
use super::scope::{Scope, Typed};
use super::trial::{Stated, Trial};
use super::types::capability_word;

/// A file that the suite runs, checked; `None` where it has mistakes.
pub(super) struct Ran {
    pub(super) name: Name,
    pub(super) path: Arc<str>,
    pub(super) program: Option<Arc<Program>>,
}

/// What a suite's `run` changes about its file: its own `set` and `bind`, with the suite's models
/// standing for what they are bound to.
pub(super) fn suite_trial<'a>(
    suite: &'a Library,
    outer: &Trial<'a>,
    run: &'a Run,
    told: &mut Vec<Diagnostic>,
) -> Trial<'a> {
    let mut trial = Trial { bound: outer.bound, ..Trial::default() };
    let mentions = Mentions::default();
    let plain = Trial::default();
    let mut checker = Checker::new(suite, &plain, &mentions, &[]);
    for clause in &run.clauses {
        match &clause.kind {
            TestClauseKind::Bind { name, value } => {
                trial.bind.extend(bound_tree(suite, outer, value).map(|value| (name, value)));
            }
            TestClauseKind::Set { name, value } => {
                if let ExprKind::Name(word) = &bare(value).kind
                    && !checker.is_value(&Scope::bare(ModuleId::ROOT), word)
                {
                    // A label, if anything: the run's own file says.
                    trial.stated.push(Stated { name, text: word.to_string(), span: value.span });
                    continue;
                }
                let typed = checker.expr(&mut Scope::bare(ModuleId::ROOT), value, None);
                if typed.is_unknown() {
                    continue;
                }
                match fold(&typed.expr).and_then(|value| as_setting(&value)) {
                    Some(text) => trial.stated.push(Stated { name, text, span: value.span }),
                    None => checker.tell(
                        error(
                            codes::NOT_CONSTANT,
                            value.span,
                            format!("`{}` is not known before the run", name.value),
                        )
                        .help("it may be made of literals and parameters only"),
                    ),
                }
            }
            TestClauseKind::Broken => {}
            _ => checker.tell(
                error(codes::MISPLACED, clause.span, "this does not belong in a `run`")
                    .help("a run takes `set` and `bind`"),
            ),
        }
    }
    told.extend(checker.diagnostics);
    trial
}

/// What a model of the suite is bound to, where it is one; `None` where it is left to the outside.
fn bound_tree<'a>(suite: &'a Library, outer: &Trial<'a>, value: &'a tree::Expr) -> Option<&'a tree::Expr> {
    let ExprKind::Name(name) = &bare(value).kind else { return Some(value) };
    let bound = outer.bind.iter().rev().find(|(bound, _)| bound.value == *name);
    if let Some((_, tree)) = bound {
        return Some(tree);
    }
    suite.module(ModuleId::ROOT).file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Model(model) if model.name.value == *name => model.bound.as_ref(),
        _ => None,
    })
}

fn as_setting(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(condition) => Some(condition.to_string()),
        Value::Missing => Some("missing".into()),
        Value::List(items) => {
            let items: Option<Vec<String>> = items
                .iter()
                .map(|item| match item {
                    Value::Text(text) => serde_json::to_string(&**text).ok(),
                    other => as_setting(other),
                })
                .collect();
            Some(format!("[{}]", items?.join(",")))
        }
        _ => None,
    }
}

impl<'l> Checker<'l> {
    pub(super) fn suite(&mut self) -> Option<Suite> {
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        if root.file.header.as_ref()?.kind != tree::FileKind::Suite {
            return None;
        }
        self.suite_models();
        self.shown_in_runs();
        let mut runs = Vec::new();
        let mut names: Vec<&Name> = Vec::new();
        for ran in self.runs {
            if let Some(earlier) = names.iter().find(|name| name.value == ran.name.value) {
                let problem = twice(&ran.name.value, ran.name.span, earlier.span);
                self.tell(problem);
            }
            names.push(&ran.name);
            if let Some(program) = &ran.program {
                let (name, path) = (Arc::clone(&ran.name.value), Arc::clone(&ran.path));
                runs.push(SuiteRun { name, path, program: Arc::clone(program) });
            }
        }
        let mut scores: Vec<SuiteScore> = Vec::new();
        for item in &root.file.items {
            let ItemKind::Score(score) = &item.kind else { continue };
            if let Some(earlier) = names.iter().find(|name| name.value == score.name.value) {
                let problem = twice(&score.name.value, score.name.span, earlier.span);
                self.tell(problem);
            }
            let read = self.score(score, &scores);
            names.push(&score.name);
            scores.push(read);
        }
        let leaderboard = self.leaderboard(&scores);
        Some(Suite { runs, scores, leaderboard })
    }

    /// The suite's models are mentioned by the `bind`s of its runs.
    fn suite_models(&mut self) {
        let library = self.library;
        for item in &library.module(ModuleId::ROOT).file.items {
            let ItemKind::Run(run) = &item.kind else { continue };
            for clause in &run.clauses {
                if let TestClauseKind::Bind { name: bound, value } = &clause.kind
                    && let ExprKind::Name(name) = &bare(value).kind
                {
                    let model = self.declared_model(ModuleId::ROOT, &Name::new(Arc::clone(name), value.span));
                    if let (Some(model), Some(wanted)) = (model, self.wanted_by(run, bound)) {
                        self.stands_for(model, wanted, value.span);
                    }
                }
                if let TestClauseKind::Set { value, .. } = &clause.kind {
                    self.attempt(|this| this.expr(&mut Scope::bare(ModuleId::ROOT), value, None));
                }
            }
        }
    }

    /// What a model of a run must be able to do.
    fn wanted_by(&self, run: &Run, model: &Name) -> Option<Capability> {
        let ran = self.runs.iter().find(|ran| ran.name.span == run.name.span)?;
        let models = &ran.program.as_ref()?.models;
        models.iter().find(|known| known.name == model.value).map(|model| model.capability)
    }

    /// A model of the suite that stands for one of a run can do what that one does.
    fn stands_for(&mut self, model: ModelId, wanted: Capability, span: Span) {
        let Some(model) = self.models.get(model.0 as usize) else { return };
        if !can(model.capability, wanted) {
            let (has, wanted) = (capability_word(model.capability), capability_word(wanted));
            let problem = error(
                codes::WRONG_CAPABILITY,
                span,
                format!("`{}` is {has}, but stands for a {wanted} model here", model.name),
            );
            let declared = model.span;
            self.tell(problem.also(declared, "declared here").help(format!("declare it as `{wanted}`")));
        }
    }

    fn score(&mut self, written: &tree::Score, earlier: &[SuiteScore]) -> SuiteScore {
        let mut scope = Scope::bare(ModuleId::ROOT);
        scope.frame = leaves_in(&written.value);
        // Scores before this one can be named by it.
        for (at, score) in earlier.iter().enumerate() {
            scope.locals.push(super::scope::LocalName {
                name: Arc::clone(&score.name),
                value: super::scope::LocalValue::Local(Local(at as u32)),
                kind: Type::Float,
                defined: None,
            });
        }
        scope.gather = Some(Gather::Scores { parts: Vec::new() });
        let value = self.wanted(&mut scope, &written.value, &Type::Float, "a score");
        let parts = match scope.gather.take() {
            Some(Gather::Scores { parts }) => parts,
            _ => Vec::new(),
        };
        SuiteScore { name: Arc::clone(&written.name.value), value, parts, frame: scope.frame }
    }

    fn leaderboard(&mut self, scores: &[SuiteScore]) -> Vec<u32> {
        let library = self.library;
        let mut places = Vec::new();
        for item in &library.module(ModuleId::ROOT).file.items {
            let ItemKind::Leaderboard(leaderboard) = &item.kind else { continue };
            if leaderboard.scores.is_empty() {
                places.extend(0..scores.len() as u32);
            }
            for name in &leaderboard.scores {
                match scores.iter().position(|score| score.name == name.value) {
                    Some(at) => places.push(at as u32),
                    None => {
                        let message = format!("no score `{}`", name.value);
                        let mut problem = error(codes::UNKNOWN_METRIC, name.span, message);
                        problem.help =
                            suggestion(&name.value, "there are", scores.iter().map(|score| &*score.name));
                        self.tell(problem);
                    }
                }
            }
        }
        places
    }

    /// A metric of a run, a score before, or their mean.
    pub(super) fn score_part(&mut self, scope: &mut Scope<'_>, written: &tree::Expr) -> Option<Typed> {
        match &written.kind {
            ExprKind::Call { function, arguments } if &*function.value == "macro" => {
                let count = arguments.len();
                let mut sum: Option<Expr> = None;
                for argument in arguments {
                    let part = self.wanted(scope, &argument.value, &Type::Float, "what `macro` takes");
                    sum = Some(match sum {
                        None => part,
                        Some(sum) => Expr::Binary(BinaryOperator::Add, Box::new(sum), Box::new(part)),
                    });
                }
                let Some(sum) = sum else {
                    self.tell(
                        error(codes::WRONG_ARGUMENTS, written.span, "`macro` takes at least one score")
                            .help("such as `macro(jailbreak.rta, over_refusal.score)`"),
                    );
                    return Some(Typed::unknown());
                };
                let count = Expr::Constant(Value::Float(count as f64));
                let mean = Expr::Binary(BinaryOperator::Divide, Box::new(sum), Box::new(count));
                Some(Typed::new(mean, Type::Float))
            }
            ExprKind::Name(name) => {
                let local = scope.named(name)?;
                let super::scope::LocalValue::Local(Local(score)) = local.value else { return None };
                Some(keep(scope, SuitePart::Score(score)))
            }
            ExprKind::Field(of, metric) => {
                let (run, node) = match &bare(of).kind {
                    ExprKind::Name(run) => (Name::new(Arc::clone(run), of.span), None),
                    ExprKind::Field(run, node) => match &bare(run).kind {
                        ExprKind::Name(name) => (Name::new(Arc::clone(name), run.span), Some(node)),
                        _ => return None,
                    },
                    _ => return None,
                };
                Some(self.run_metric(scope, &run, node, metric))
            }
            _ => None,
        }
    }

    fn run_metric(&mut self, scope: &mut Scope<'_>, run: &Name, node: Option<&Name>, metric: &Name) -> Typed {
        let runs = self.runs;
        let Some(ran) = runs.iter().find(|ran| ran.name.value == run.value) else {
            let message = format!("no run `{}`", run.value);
            let mut problem = error(codes::UNKNOWN_RUN, run.span, message);
            problem.help = suggestion(&run.value, "there are", runs.iter().map(|ran| &*ran.name.value));
            self.tell(problem);
            return Typed::unknown();
        };
        // Its own mistakes were told.
        let Some(program) = &ran.program else { return Typed::unknown() };
        let number = runs
            .iter()
            .filter(|ran| ran.program.is_some())
            .position(|known| known.name.value == run.value)
            .unwrap_or(0) as u32;
        let found: Vec<(NodeId, Direction, Result<Option<Total>, Unplaced>)> = metrics(program)
            .filter(|(at, name, ..)| {
                name == &metric.value
                    && node.is_none_or(|node| {
                        program.nodes.get(at.0 as usize).is_some_and(|known| known.name == node.value)
                    })
            })
            .map(|(at, _, direction, place)| (at, direction, place))
            .collect();
        match found.as_slice() {
            [(node, direction, place)] => {
                let Ok(total) = *place else {
                    let (message, help) = match place {
                        Err(Unplaced::NoModel) => (
                            format!("`{}` is not measured by model", metric.value),
                            "a score is one number a model: the measure needs `by model`".to_owned(),
                        ),
                        Err(Unplaced::NoTotal(others)) => (
                            format!("`{}` has several numbers a model", metric.value),
                            format!("add `total over {others} pooled` (or `macro`) to its measure"),
                        ),
                        _ => (
                            format!("`{}` has several totals a model", metric.value),
                            "keep one of the measure's totals, pooled or macro".to_owned(),
                        ),
                    };
                    self.tell(error(codes::SCORE_BY_MODEL, metric.span, message).help(help));
                    return Typed::unknown();
                };
                let metric = Arc::clone(&metric.value);
                let direction = *direction;
                keep(scope, SuitePart::Metric { run: number, node: *node, metric, direction, total })
            }
            [] => {
                let message = format!("no metric `{}` in `{}`", metric.value, run.value);
                let mut problem = error(codes::UNKNOWN_METRIC, metric.span, message);
                let names: Vec<Arc<str>> = metrics(program).map(|(_, name, ..)| name).collect();
                problem.help = suggestion(&metric.value, "it has", names.iter().map(|name| &**name));
                self.tell(problem);
                Typed::unknown()
            }
            [(first, ..), ..] => {
                let first = program.nodes.get(first.0 as usize).map_or("", |node| &node.name);
                self.tell(
                    error(
                        codes::AMBIGUOUS_NAME,
                        metric.span,
                        format!("several measures of `{}` have a metric `{}`", run.value, metric.value),
                    )
                    .help(format!("name the measure too: `{}.{first}.{}`", run.value, metric.value)),
                );
                Typed::unknown()
            }
        }
    }
}

/// Why a metric has not one number a model.
#[derive(Clone)]
enum Unplaced {
    NoModel,
    /// The columns that no total runs over.
    NoTotal(String),
    SeveralTotals,
}

/// A metric of a program: its measure, its name, its direction, and which row of the measure holds
/// its one number a model.
type Found = (NodeId, Arc<str>, Direction, Result<Option<Total>, Unplaced>);

fn metrics(program: &Program) -> impl Iterator<Item = Found> {
    program.nodes.iter().enumerate().flat_map(|(at, node)| {
        let measures = node.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Measure(measure) => Some(measure),
            _ => None,
        });
        measures.flat_map(move |measure| {
            let place = place(node, measure);
            measure.metrics.iter().map(move |metric| {
                (NodeId(at as u32), Arc::clone(&metric.name), metric.direction, place.clone())
            })
        })
    })
}

/// Where a measure has one number a model: in its groups, where it is by model alone, else in the
/// total over everything else.
fn place(node: &Node, measure: &Measure) -> Result<Option<Total>, Unplaced> {
    let by: Vec<&str> =
        node.schema.columns.iter().take(measure.by.len()).map(|column| &*column.name).collect();
    let model = by.iter().position(|name| *name == "model").ok_or(Unplaced::NoModel)?;
    let others: Vec<u32> = (0..by.len() as u32).filter(|at| *at as usize != model).collect();
    if others.is_empty() {
        return Ok(None);
    }
    let covers = |over: &[u32]| over.len() == others.len() && others.iter().all(|at| over.contains(at));
    let mut totals = measure.totals.iter().filter(|total| covers(&total.over));
    match (totals.next(), totals.next()) {
        (Some(total), None) => Ok(Some(total.how)),
        (Some(_), Some(_)) => Err(Unplaced::SeveralTotals),
        _ => {
            let names: Vec<&str> = others.iter().map(|at| by[*at as usize]).collect();
            Err(Unplaced::NoTotal(names.join(", ")))
        }
    }
}

fn keep(scope: &mut Scope<'_>, part: SuitePart) -> Typed {
    match &mut scope.gather {
        Some(Gather::Scores { parts }) => {
            parts.push(part);
            Typed::new(Expr::Local(Local(parts.len() as u32 - 1)), Type::Float)
        }
        _ => Typed::unknown(),
    }
}
