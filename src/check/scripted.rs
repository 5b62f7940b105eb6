//! Planted behaviour at the steps that may ask it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ExprKind};

use super::bindings::ScriptSource;
use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::expressions::bare;
use super::library::ModuleId;
use super::program::{
    Arm, BindingKind, Capability, Expr, Guard, LocalModel, ModelId, NativeArgument, NativeCall, Script,
    ScriptReply,
};
use super::scope::{LocalName, LocalValue, Row, Scope};

/// Which arms have applied somewhere, and which scripts are asked at all.
#[derive(Default)]
pub(super) struct ScriptUse {
    applied: HashSet<Span>,
    /// By the place of an arm: why it did not apply, the first time.
    refused: BTreeMap<(u32, u32), (Span, String)>,
}

/// The model that a script stands for.
struct Planted {
    capability: Capability,
    /// Its name, where the script was given none.
    own_name: Option<Arc<str>>,
}

impl ScriptUse {
    /// What of arms came out elsewhere, as in another run of a suite.
    pub(super) fn join(&mut self, other: ScriptUse) {
        self.applied.extend(other.applied);
        for (place, why) in other.refused {
            self.refused.entry(place).or_insert(why);
        }
    }

    /// Complaints about arms that applied nowhere.
    pub(super) fn idle(&self) -> Vec<Diagnostic> {
        let applied: BTreeSet<(u32, u32)> =
            self.applied.iter().map(|arm| (arm.source.0, arm.start)).collect();
        let idle = self.refused.iter().filter(|(place, _)| !applied.contains(place));
        idle.map(|(_, (span, text))| {
            error(codes::SCRIPT_IDLE, *span, format!("this arm applies nowhere: {text}"))
                .help("an arm applies at the steps whose rows have all columns that it names")
        })
        .collect()
    }
}

impl Checker<'_> {
    /// How models that live in the program answer at a step, typed in its row.
    pub(super) fn local_models(
        &mut self,
        asked: &BTreeSet<ModelId>,
        row: &Row,
        span: Span,
    ) -> BTreeMap<(ModelId, u32), LocalModel> {
        let mut local = BTreeMap::new();
        for id in asked {
            let Some(model) = self.models.get(id.0 as usize) else { continue };
            let (name, capability) = (Arc::clone(&model.name), model.capability);
            let bindings: Vec<(u32, BindingKind, Span)> = model
                .bindings
                .iter()
                .enumerate()
                .map(|(number, binding)| (number as u32, binding.kind.clone(), binding.span))
                .collect();
            for (number, kind, bound) in bindings {
                let found = match kind {
                    BindingKind::Scripted { named } => {
                        let source = self.scripts.get(&(*id, number)).copied();
                        let asked = Planted { capability, own_name: (!named).then(|| name.clone()) };
                        source.map(|source| {
                            LocalModel::Script(Arc::new(self.script(source, &asked, row, span)))
                        })
                    }
                    BindingKind::Replay { key, .. } => {
                        self.replay_key(&key, row, bound, span).map(|key| LocalModel::Replay { key })
                    }
                    BindingKind::Remote { .. } => None,
                };
                if let Some(found) = found {
                    local.insert((*id, number), found);
                }
            }
        }
        local
    }

    fn replay_key(
        &mut self,
        key: &[Arc<str>],
        row: &Row,
        bound: Span,
        span: Span,
    ) -> Option<Vec<super::program::Slot>> {
        let mut slots = Vec::with_capacity(key.len());
        for name in key {
            match row.column(name) {
                Some(column) => {
                    self.used.extend(column.defined);
                    slots.push(column.slot);
                }
                None if row.may_have(name) => return None,
                None => {
                    let message = format!(
                        "replies are recorded by `{name}`, which is no column where they are asked for"
                    );
                    let mut problem = error(codes::REPLAY_KEY, bound, message).also(span, "asked here");
                    problem.help = suggestion(name, "the rows have", row.names());
                    self.tell(problem);
                    return None;
                }
            }
        }
        Some(slots)
    }

    fn script(&mut self, source: ScriptSource<'_>, asked: &Planted, row: &Row, site: Span) -> Script {
        let capability = asked.capability;
        let mut scope = Scope::over(ModuleId::ROOT, row);
        scope.quiet = Some("inside a scripted model");
        scope.frame = 6;
        // Columns of the row go before what every script is given.
        for (name, local, kind) in [
            ("prompt", Script::PROMPT, Type::Text),
            ("system", Script::SYSTEM, Type::Text.optional()),
            ("seen", Script::SEEN, Type::Text.optional()),
            ("turn", Script::TURN, Type::Int),
            ("model", Script::MODEL, Type::Text),
            ("sample", Script::SAMPLE, Type::Int),
        ] {
            if row.column(name).is_none() || name == "sample" || name == "turn" {
                let value = match &asked.own_name {
                    // The script says nothing of it unless an arm asks for it.
                    Some(own) if local == Script::MODEL => {
                        LocalValue::Inline(Expr::Constant(Value::Text(own.clone())))
                    }
                    _ => LocalValue::Local(local),
                };
                scope.locals.push(LocalName { name: name.into(), value, kind, defined: None });
            }
        }
        let mut arms = Vec::new();
        let mut shares = 0.0;
        let mut complete = false;
        let mut last_refused = None;
        for arm in source.arms {
            if let tree::Guard::Share(share) = &arm.guard {
                shares += share.value;
                if !(0.0..=1.0).contains(&share.value) || shares > 1.0 + 1e-9 {
                    self.told_once(
                        error(
                            codes::WRONG_NUMBER,
                            share.span,
                            "the shares of a script are more than everything",
                        )
                        .help("shares are between 0 and 1 and add up to 1 at most; `_` takes the rest"),
                    );
                }
            }
            let before = scope.locals.len();
            let (read, told) = self.attempt(|this| this.arm(&mut scope, arm, capability));
            scope.locals.truncate(before);
            if let Some(unknown) = told.iter().find(|problem| is_unknown_name(problem.code)) {
                // The arm speaks of another step's rows.
                let place = (arm.span.source.0, arm.span.start);
                let why = (unknown.primary.span, unknown.message.clone());
                last_refused = Some(why.clone());
                // The step that it speaks of is the one that knows its first names.
                let known = self.script_use.refused.entry(place).or_insert_with(|| why.clone());
                if why.0.start > known.0.start {
                    *known = why;
                }
                continue;
            }
            self.script_use.applied.insert(arm.span);
            told.into_iter().for_each(|problem| self.told_once(problem));
            complete |= matches!(read.guard, Guard::Always);
            arms.push(read);
            if complete {
                break;
            }
        }
        if !complete && shares < 1.0 - 1e-9 {
            let mut problem = error(
                codes::SCRIPT_INCOMPLETE,
                source.span,
                "no arm of this script always applies where it is asked",
            );
            if let Some((span, text)) = last_refused {
                problem = problem.also(span, text);
            }
            self.told_once(
                problem
                    .also(site, "asked here")
                    .help("end it with `_ => ...` that uses only what every row has, such as `prompt`"),
            );
        }
        Script { arms, frame: scope.frame }
    }

    fn arm(&mut self, scope: &mut Scope<'_>, arm: &tree::Arm, capability: Capability) -> Arm {
        let guard = match &arm.guard {
            tree::Guard::Share(share) => Guard::Share(share.value),
            tree::Guard::When(condition) => {
                Guard::When(self.condition(scope, condition, "the arm's condition"))
            }
            tree::Guard::Always => Guard::Always,
        };
        let reply = self.arm_reply(scope, &arm.reply, capability);
        Arm { guard, reply }
    }

    fn arm_reply(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        capability: Capability,
    ) -> ScriptReply {
        match &bare(written).kind {
            ExprKind::Name(name) if !self.is_value(scope, name) => match &**name {
                "blocked" => return ScriptReply::Blocked,
                "empty" => return ScriptReply::Empty,
                "failed" => return ScriptReply::Failed,
                _ => {}
            },
            ExprKind::Call { function, arguments } if &*function.value == "cut" => {
                if let [argument] = arguments.as_slice() {
                    let text = self.wanted(scope, &argument.value, &Type::Text, "the cut reply");
                    return ScriptReply::Cut(text);
                }
            }
            _ => {}
        }
        let text = matches!(capability, Capability::Chat | Capability::Vision | Capability::Image);
        if !text {
            let kind = answer(capability);
            return ScriptReply::Value(self.wanted(scope, written, &kind, "the reply"));
        }
        let typed = self.expr(scope, written, None);
        match typed.kind {
            Type::Text | Type::Closed(_) | Type::Path | Type::Unknown => ScriptReply::Value(typed.expr),
            Type::Optional(_) | Type::Missing => {
                ScriptReply::Value(self.fit(scope, typed, &Type::Text, written.span, "the reply"))
            }
            kind => ScriptReply::Value(Expr::Native(NativeCall {
                name: "prelude.to_json".into(),
                arguments: vec![NativeArgument::Value(typed.expr)],
                kinds: vec![kind],
                random: None,
            })),
        }
    }

    /// Arms that applied nowhere.
    pub(super) fn idle_arms(&mut self) {
        for problem in self.script_use.idle() {
            self.told_once(problem);
        }
    }

    /// A script is typed at each step that asks it: what is wrong with it is told once.
    pub(super) fn told_once(&mut self, problem: Diagnostic) {
        let known = self
            .diagnostics
            .iter()
            .any(|known| known.code == problem.code && known.primary.span == problem.primary.span);
        if !known {
            self.tell(problem);
        }
    }
}

fn is_unknown_name(code: &str) -> bool {
    matches!(code, codes::UNKNOWN_COLUMN | codes::UNKNOWN_NAME | codes::NOT_A_VALUE)
}

/// What a model of that capability returns.
pub(super) fn answer(capability: Capability) -> Type {
    match capability {
        Capability::Chat | Capability::Vision => Type::Text,
        Capability::Image => Type::Image,
        Capability::Embed => Type::list(Type::Float),
        Capability::Classify => Type::Json,
        Capability::Search => Type::list(page()),
        Capability::Page => page(),
    }
}

/// What a search finds and a fetch reads.
pub(super) fn page() -> Type {
    Type::record(["url", "title", "text"].map(|name| (name.into(), Type::Text)))
}
