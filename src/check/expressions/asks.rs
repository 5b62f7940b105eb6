//! `ask MODEL ...`: a model's answer as a value.

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, AskBody, AskClause, AskClauseKind, TypeExprKind};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::constant::fold;
use super::super::program::{Ask, Body, Capability, Expr, Message, ModelRef, Otherwise, Returns};
use super::super::scope::{Scope, Typed};

/// The most tries after the first, samples, and the like that a file may state.
pub(in super::super) const MOST: i64 = 1_000_000;

impl Checker<'_> {
    pub(super) fn ask(&mut self, scope: &mut Scope<'_>, ask: &tree::Ask, span: Span) -> Typed {
        if let Some(reason) = scope.quiet {
            self.quiet(reason, span);
        }
        let asked = match &ask.model {
            Some(name) => self.any_model(scope, name),
            None => match scope.judge {
                Some(judge) => Some(judge),
                None => {
                    self.tell(error(codes::NO_JUDGE, span, "this `ask` names no model").help(
                        "write `ask MODEL ...`; only in a judge node with `by JUDGE` is the judge meant",
                    ));
                    None
                }
            },
        };
        if let (Some((_, capability)), Some(name)) = (asked, &ask.model)
            && !matches!(capability, Capability::Chat | Capability::Vision | Capability::Image)
        {
            self.tell(
                error(
                    codes::WRONG_CAPABILITY,
                    name.span,
                    format!(
                        "`{}` cannot be asked: it is {}",
                        name.value,
                        super::super::types::capability_word(capability)
                    ),
                )
                .help("`ask` takes a model that is `chat`, `vision` or `image`"),
            );
        }
        let capability = asked.map_or(Capability::Vision, |(_, capability)| capability);
        let clauses = Clauses::of(&ask.body);
        let typed =
            self.asked(scope, asked.map(|(model, _)| model), ask.model.as_ref(), capability, &clauses, span);
        if asked.is_none() {
            return Typed::new(Typed::unknown().expr, typed.kind);
        }
        typed
    }

    fn asked(
        &mut self,
        scope: &mut Scope<'_>,
        model: Option<ModelRef>,
        name: Option<&tree::Name>,
        capability: Capability,
        clauses: &Clauses<'_>,
        span: Span,
    ) -> Typed {
        let message = self.ask_message(scope, capability, clauses, span);
        let shows = |clause: &AskClause| {
            matches!(clause.kind, AskClauseKind::Image(_) | AskClauseKind::Turns(_) | AskClauseKind::Broken)
        };
        if clauses.all.iter().any(shows) {
            match name {
                Some(name) => self.shown_to(scope.models, name),
                None => self.shown_to_judges(),
            }
        }
        let returns = self.returned(scope, capability, clauses);
        let site = scope.site();
        let it = scope.local();
        let mut retries = 0;
        let mut until = None;
        let mut otherwise = Otherwise::Fail;
        let mut samples = 1;
        let mut kind = returns.kind.clone();
        for clause in clauses.others() {
            match &clause.kind {
                AskClauseKind::Retry { times, until: condition } => {
                    retries = self.count(scope, times, "retry", 0).unwrap_or(0);
                    if let Some(condition) = condition {
                        let before = scope.locals.len();
                        scope.locals.push(super::super::scope::LocalName {
                            name: "it".into(),
                            value: super::super::scope::LocalValue::Local(it),
                            kind: returns.kind.clone(),
                            defined: None,
                        });
                        until = Some(self.condition(scope, condition, "what `until` waits for"));
                        scope.locals.truncate(before);
                    }
                }
                AskClauseKind::Otherwise(written) => {
                    let (what, value_kind) = self.otherwise(scope, written, &returns.kind);
                    otherwise = what;
                    if value_kind.is_some_and(|kind| kind.is_optional()) {
                        kind = kind.optional();
                    }
                }
                AskClauseKind::Samples(count) => {
                    samples = self.count(scope, count, "samples", 1).unwrap_or(1);
                }
                _ => {}
            }
        }
        if samples > 1 {
            kind = Type::list(kind);
        }
        let (Some(model), Some(message)) = (model, message) else {
            return Typed::new(Typed::unknown().expr, kind);
        };
        let ask = Ask { model, message, returns, retries, until, it, otherwise, samples, site };
        Typed::new(Expr::Ask(Box::new(ask)), kind)
    }

    fn ask_message(
        &mut self,
        scope: &mut Scope<'_>,
        capability: Capability,
        clauses: &Clauses<'_>,
        span: Span,
    ) -> Option<Message> {
        let mut message = Message {
            system: None,
            body: Body::User(Typed::unknown().expr),
            images: vec![],
            settings: vec![],
            span,
        };
        let mut body = None;
        if let Some(text) = clauses.short {
            body = Some(Body::User(self.wanted(scope, text, &Type::Text, "what is asked")));
        }
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for clause in clauses.all {
            if let Some(word) = once(&clause.kind) {
                if let Some((_, earlier)) = seen.iter().find(|(known, _)| *known == word) {
                    self.tell(
                        error(codes::REPEATED_CLAUSE, clause.span, format!("`{word}` stands twice"))
                            .also(*earlier, "the first one")
                            .help("keep one of them"),
                    );
                    continue;
                }
                seen.push((word, clause.span));
            }
            match &clause.kind {
                AskClauseKind::System(_) | AskClauseKind::Turns(_) if capability == Capability::Image => {
                    self.tell(
                        error(codes::WRONG_CAPABILITY, clause.span, "a model that paints takes one prompt")
                            .help("put all of it into `user`"),
                    );
                    body = body.or(Some(Body::User(Typed::unknown().expr)));
                }
                AskClauseKind::System(text) => {
                    message.system = Some(self.wanted(scope, text, &Type::Text, "the system text"));
                }
                AskClauseKind::User(text) => {
                    body = Some(Body::User(self.wanted(scope, text, &Type::Text, "the user text")));
                }
                AskClauseKind::Turns(turns) => {
                    body = Some(Body::Turns(self.wanted(scope, turns, &Type::Turns, "`turns`")));
                }
                AskClauseKind::Image(image) => {
                    let picture = self.wanted(scope, image, &Type::Image, "`image`");
                    if capability != Capability::Vision {
                        self.tell(
                            error(
                                codes::WRONG_CAPABILITY,
                                clause.span,
                                "an image is sent to a model that cannot see",
                            )
                            .help("declare the model as `vision`"),
                        );
                    }
                    message.images.push(picture);
                }
                AskClauseKind::Setting { name, value } => {
                    self.setting(scope, &mut message.settings, name, value);
                    self.suits(capability, name);
                }
                _ => {}
            }
        }
        let broken = clauses.all.iter().any(|clause| matches!(clause.kind, AskClauseKind::Broken));
        if body.is_none() && !broken {
            self.tell(
                error(codes::NOTHING_ASKED, span, "this `ask` asks nothing")
                    .help("add `user \"...\"` or `turns ...`"),
            );
        }
        message.body = body?;
        Some(message)
    }

    /// What the answer must be.
    fn returned(&mut self, scope: &Scope<'_>, capability: Capability, clauses: &Clauses<'_>) -> Returns {
        let reason = clauses.all.iter().find(|clause| matches!(clause.kind, AskClauseKind::ReasonFirst));
        let mut returns = Returns { kind: Type::Text, most: None, reason_first: reason.is_some() };
        let written = clauses.all.iter().find_map(|clause| match &clause.kind {
            AskClauseKind::Returns(written) => Some((written, clause.span)),
            _ => None,
        });
        if capability == Capability::Image {
            if let Some((_, span)) = written {
                self.tell(
                    error(codes::WRONG_CAPABILITY, span, "a model that paints returns an image")
                        .help("remove `returns`"),
                );
            }
            returns.kind = Type::Image;
        } else if let Some((written, span)) = written {
            returns.kind = self.read_type(scope.module, written);
            if let Some(kind) = unanswerable(&returns.kind) {
                self.tell(
                    error(codes::TYPE_MISMATCH, span, format!("a model's answer cannot be {kind}"))
                        .help("`returns` takes texts, numbers, closed sets, and lists and records of them"),
                );
            }
            returns.most = match &written.kind {
                TypeExprKind::List { most: Some(most), .. } => u32::try_from(most.value).ok(),
                _ => None,
            };
        }
        if let Some(reason) = reason {
            self.reasoned(&returns.kind, reason.span);
        }
        returns
    }

    /// `reason first` stands beside an answer that has fields, or is put into one.
    fn reasoned(&mut self, kind: &Type, span: Span) {
        match kind.present() {
            Type::Text | Type::Json | Type::Image => {
                self.tell(error(codes::MISPLACED, span, format!("{kind} has no reason before it")).help(
                    "say what `returns` besides; a text may begin with its reason if the prompt says so",
                ))
            }
            kind @ Type::Record(_) if kind.field(Returns::REASON).is_some() => self.tell(
                error(codes::DUPLICATE_NAME, span, "the answer has a field `reason` of its own")
                    .help("keep the field if something reads it, or else `reason first`"),
            ),
            _ => {}
        }
    }

    /// What happens where there is no answer; with the type of the value that stands in.
    pub(in super::super) fn otherwise(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Otherwise,
        kind: &Type,
    ) -> (Otherwise, Option<Type>) {
        match written {
            tree::Otherwise::Drop(_) => (Otherwise::Drop, None),
            tree::Otherwise::Fail(_) => (Otherwise::Fail, None),
            tree::Otherwise::Value(value) => {
                let typed = self.expr(scope, value, Some(kind));
                let given = typed.kind.clone();
                let wanted = if given.is_optional() { kind.clone().optional() } else { kind.clone() };
                let expr = self.fit(scope, typed, &wanted, value.span, "the value after `otherwise`");
                (Otherwise::Value(expr), Some(given))
            }
        }
    }

    /// A whole number known before the run.
    pub(in super::super) fn count(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        what: &str,
        least: i64,
    ) -> Option<u32> {
        let expr = self.wanted(scope, written, &Type::Int, &format!("the number after `{what}`"));
        match fold(&expr) {
            Some(Value::Int(count)) if (least..=MOST * 1000).contains(&count) => u32::try_from(count).ok(),
            Some(Value::Int(count)) => {
                self.tell(
                    error(codes::WRONG_NUMBER, written.span, format!("`{what}` cannot be {count}"))
                        .help(format!("it is at least {least}")),
                );
                None
            }
            // Told above.
            Some(Value::Missing) => None,
            _ => {
                self.tell(
                    error(
                        codes::NOT_CONSTANT,
                        written.span,
                        format!("the number after `{what}` depends on the row"),
                    )
                    .help("it must be known before the run: a number, or a `param`"),
                );
                None
            }
        }
    }
}

/// Clauses that may stand once.
fn once(clause: &AskClauseKind) -> Option<&'static str> {
    match clause {
        AskClauseKind::System(_) => Some("system"),
        // Only one of the two says what is sent.
        AskClauseKind::User(_) | AskClauseKind::Turns(_) => Some("user"),
        AskClauseKind::Returns(_) => Some("returns"),
        AskClauseKind::ReasonFirst => Some("reason first"),
        AskClauseKind::Retry { .. } => Some("retry"),
        AskClauseKind::Otherwise(_) => Some("otherwise"),
        AskClauseKind::Samples(_) => Some("samples"),
        AskClauseKind::Image(_) | AskClauseKind::Setting { .. } | AskClauseKind::Broken => None,
    }
}

/// A type, in another or itself, that no model can answer with.
fn unanswerable(kind: &Type) -> Option<&Type> {
    match kind {
        Type::Image | Type::Turns | Type::Id | Type::Path => Some(kind),
        Type::List(of) | Type::Optional(of) => unanswerable(of),
        Type::Record(fields) => fields.iter().find_map(|field| unanswerable(&field.kind)),
        _ => None,
    }
}

struct Clauses<'t> {
    short: Option<&'t tree::Expr>,
    all: &'t [AskClause],
}

impl<'t> Clauses<'t> {
    fn of(body: &'t AskBody) -> Clauses<'t> {
        match body {
            AskBody::Short(text) => Clauses { short: Some(text), all: &[] },
            AskBody::Clauses(all) => Clauses { short: None, all },
        }
    }

    /// In an order in which each is known when the next needs it.
    fn others(&self) -> impl Iterator<Item = &'t AskClause> {
        self.all.iter()
    }
}
