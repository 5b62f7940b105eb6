//! `query`: what is sent to the models under test.

use crate::data::types::Type;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Name, StepKind as Written};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::nodes::Building;
use super::program::{Body, Capability, Message, ModelId, Query, StepKind};
use super::scope::{Scope, Typed};

/// A query's clauses as written.
#[derive(Default)]
struct Clauses<'l> {
    user: Option<(&'l tree::Expr, Span)>,
    turns: Option<(&'l tree::Expr, Span)>,
    system: Option<(&'l tree::Expr, Span)>,
    samples: Option<(&'l tree::Expr, Span)>,
    images: Vec<&'l tree::Expr>,
    settings: Vec<(&'l Name, &'l tree::Expr)>,
    /// Where the last clause stands among the steps.
    last: Option<usize>,
}

impl<'l> Checker<'l> {
    /// Steps before the last clause come before the models are asked, those after it see replies.
    pub(super) fn query(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        let mut clauses = Clauses::default();
        for (at, step) in node.steps.iter().enumerate() {
            if self.query_clause(&mut clauses, step) {
                clauses.last = Some(at);
            }
        }
        let asked_after = clauses.last;
        for (at, step) in node.steps.iter().enumerate() {
            if !is_clause(&step.kind) {
                self.step(building, step);
            }
            if asked_after == Some(at) {
                self.query_step(building, &clauses);
            }
        }
        if asked_after.is_none() {
            self.query_step(building, &clauses);
        }
    }

    fn query_clause(&mut self, clauses: &mut Clauses<'l>, step: &'l tree::Step) -> bool {
        let span = step.span;
        let repeated = |earlier: Option<(&tree::Expr, Span)>, word: &str| {
            earlier.map(|(_, earlier)| {
                error(codes::REPEATED_CLAUSE, span, format!("`{word}` stands twice"))
                    .also(earlier, "the first one")
                    .help("keep one of them")
            })
        };
        let problem = match &step.kind {
            Written::User(value) => repeated(clauses.user.replace((value, span)), "user"),
            Written::Turns(value) => repeated(clauses.turns.replace((value, span)), "turns"),
            Written::System(value) => repeated(clauses.system.replace((value, span)), "system"),
            Written::Samples(value) => repeated(clauses.samples.replace((value, span)), "samples"),
            Written::Image(value) => {
                clauses.images.push(value);
                None
            }
            Written::Setting { name, value } => {
                clauses.settings.push((name, value));
                None
            }
            _ => return false,
        };
        self.diagnostics.extend(problem);
        true
    }

    fn query_step(&mut self, building: &mut Building<'l>, clauses: &Clauses<'l>) {
        let node = building.node;
        let span = node.name.span;
        let targets = self.targets(building);
        let capability =
            targets.first().and_then(|id| self.models.get(id.0 as usize)).map(|model| model.capability);
        let mut scope = building.scope();
        // What is sent is made of the row; only the models under test answer here.
        let broken = node.steps.iter().any(|step| matches!(step.kind, Written::Broken(_)));
        let body = self.query_body(&mut scope, clauses, span, broken);
        let system =
            clauses.system.map(|(text, _)| self.wanted(&mut scope, text, &Type::Text, "the system text"));
        if let (Some(Capability::Image), Some((_, system))) = (capability, clauses.system) {
            self.tell(
                error(codes::WRONG_CAPABILITY, system, "models that paint take no system text")
                    .help("put it into `user`"),
            );
        }
        let mut images = Vec::new();
        for image in &clauses.images {
            images.push(self.wanted(&mut scope, image, &Type::Image, "`image`"));
            if let Some(capability) = capability
                && capability != Capability::Vision
            {
                self.tell(
                    error(codes::WRONG_CAPABILITY, image.span, "an image is sent to models that cannot see")
                        .help(format!(
                            "declare `{}` as `vision`",
                            node.to.first().map_or("them", |name| &*name.value)
                        )),
                );
            }
        }
        if !images.is_empty() || clauses.turns.is_some() {
            node.to.iter().for_each(|name| self.shown_to(&[], name));
        }
        let mut settings = Vec::new();
        for (name, value) in &clauses.settings {
            self.setting(&mut scope, &mut settings, name, value);
            if let Some(capability) = capability {
                self.suits(capability, name);
            }
        }
        if let (Some(Capability::Image), Some((_, span))) = (capability, clauses.turns) {
            self.tell(
                error(codes::WRONG_CAPABILITY, span, "models that paint hold no conversation")
                    .help("ask with `user`; several pictures of one prompt are `samples`"),
            );
        }
        let samples =
            clauses.samples.and_then(|(count, _)| self.count(&mut scope, count, "samples", 1)).unwrap_or(1);
        let frame = scope.frame;
        let reply = match (&body, capability) {
            (_, Some(Capability::Image)) => Type::Image,
            (Some(Body::Turns(_)), _) => Type::list(Type::Text),
            _ => Type::Text,
        };
        let wants = |name: &str| self.mentions.name(name);
        let (usage, latency) = (wants("usage"), wants("latency"));
        let body = body.unwrap_or(Body::User(Typed::unknown().expr));
        let message = Message { system, body, images, settings, span };
        let query = Query { models: targets, message, samples, usage, latency, reply: reply.clone() };
        self.push(building, StepKind::Query(query), frame, span);
        if samples > 1 {
            self.multiplied(building, "sample", clauses.samples.map_or(span, |(_, place)| place));
        }
        let mut columns = vec![
            ("model", Type::Text),
            ("sample", Type::Int),
            ("reply", reply),
            ("ending", ending()),
            ("blocked", Type::Bool),
        ];
        if usage {
            let tokens = ["input", "output"].map(|name| (name.into(), Type::Int));
            columns.push(("usage", Type::record(tokens)));
        }
        if latency {
            columns.push(("latency", Type::Float));
        }
        for (name, kind) in columns {
            self.add(building, &Name::new(name.into(), span), kind, None);
        }
    }

    /// The models under test, which must all be able to do the same.
    fn targets(&mut self, building: &Building<'l>) -> Vec<ModelId> {
        let node = building.node;
        if node.to.is_empty() {
            self.tell(
                error(codes::NO_TARGETS, node.name.span, format!("`{}` asks no models", node.name.value))
                    .help(format!("write `query {} from ... to MODELS`", node.name.value)),
            );
        }
        let mut targets: Vec<ModelId> = Vec::new();
        let mut first: Option<Capability> = None;
        for name in &node.to {
            let Some(id) = self.declared_model(building.module, name) else { continue };
            let capability = self.models[id.0 as usize].capability;
            if !matches!(capability, Capability::Chat | Capability::Vision | Capability::Image) {
                self.tell(
                    error(
                        codes::WRONG_CAPABILITY,
                        name.span,
                        format!(
                            "`{}` cannot be queried: it is {}",
                            name.value,
                            super::types::capability_word(capability)
                        ),
                    )
                    .help("a query sends to models that are `chat`, `vision` or `image`"),
                );
                continue;
            }
            if (first.unwrap_or(capability) == Capability::Image) != (capability == Capability::Image) {
                self.tell(
                    error(codes::WRONG_CAPABILITY, name.span, "one query asks for texts and images at once")
                        .help("query the models that paint in a node of their own"),
                );
            }
            first = first.or(Some(capability));
            if !targets.contains(&id) {
                targets.push(id);
            }
        }
        targets
    }

    fn query_body(
        &mut self,
        scope: &mut Scope<'_>,
        clauses: &Clauses<'l>,
        span: Span,
        broken: bool,
    ) -> Option<Body> {
        match (clauses.user, clauses.turns) {
            (Some(_), Some((_, turns))) => {
                self.tell(
                    error(codes::REPEATED_CLAUSE, turns, "`turns` and `user` both say what is sent")
                        .help("put the user text into the turns: `turns [user(...)]`"),
                );
                None
            }
            (Some((text, _)), None) => {
                let typed = self.expr(scope, text, Some(&Type::Text));
                if typed.kind == Type::Turns {
                    self.tell(
                        error(
                            codes::TYPE_MISMATCH,
                            text.span,
                            "`user` sends one text, but this is a conversation",
                        )
                        .help("write `turns` instead of `user`"),
                    );
                    return None;
                }
                Some(Body::User(self.fit(scope, typed, &Type::Text, text.span, "the user text")))
            }
            (None, Some((turns, _))) => Some(Body::Turns(self.wanted(scope, turns, &Type::Turns, "`turns`"))),
            (None, None) => {
                if !broken {
                    self.tell(
                        error(codes::NOTHING_ASKED, span, "this query sends nothing")
                            .help("add `user \"...\"` or `turns ...`"),
                    );
                }
                None
            }
        }
    }
}

fn is_clause(step: &Written) -> bool {
    matches!(
        step,
        Written::User(_)
            | Written::Turns(_)
            | Written::System(_)
            | Written::Samples(_)
            | Written::Image(_)
            | Written::Setting { .. }
    )
}

/// How a reply ended.
fn ending() -> Type {
    Type::Closed(["complete", "cut", "blocked", "empty"].map(Into::into).into())
}
