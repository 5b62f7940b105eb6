//! Models and what they are bound to.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Argument, ExprKind, ItemKind, Name};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::constant::fold_text;
use super::expressions::bare;
use super::library::ModuleId;
use super::program::{Binding, BindingKind, Capability, Model, ModelId, Setting};
use super::scope::Scope;
use super::settings;
use super::types::{CAPABILITIES, capability};

/// What a binding may name before the model: providers known to the program, with what they do
/// where a model states no capability.
const PROVIDERS: [(&str, Capability); 23] = [
    ("openai", Capability::Chat),
    ("compatible", Capability::Chat),
    ("azure", Capability::Chat),
    ("openrouter", Capability::Chat),
    ("deepinfra", Capability::Chat),
    ("together", Capability::Chat),
    ("deepseek", Capability::Chat),
    ("mistral", Capability::Chat),
    ("zhipu", Capability::Chat),
    ("qwen", Capability::Chat),
    ("yi", Capability::Chat),
    ("vllm", Capability::Chat),
    ("ollama", Capability::Chat),
    ("llamacpp", Capability::Chat),
    ("anthropic", Capability::Chat),
    ("gemini", Capability::Chat),
    ("cohere", Capability::Chat),
    ("replicate", Capability::Image),
    ("perspective", Capability::Classify),
    ("brave", Capability::Search),
    ("serper", Capability::Search),
    ("searxng", Capability::Search),
    ("command", Capability::Chat),
];

/// Planted behaviour as written.
#[derive(Clone, Copy)]
pub(super) struct ScriptSource<'l> {
    pub(super) arms: &'l [tree::Arm],
    pub(super) span: Span,
}

impl<'l> Checker<'l> {
    /// Reads all models of the file with their bindings.
    pub(super) fn all_models(&mut self) {
        let library = self.library;
        let trial = self.trial;
        let root = library.module(ModuleId::ROOT);
        for (number, item) in root.file.items.iter().enumerate() {
            let ItemKind::Model(model) = &item.kind else { continue };
            self.define(&model.name, super::checker::Definition::Model);
            let id = ModelId(self.models.len() as u32);
            self.model_items.insert(number as u32, id);
            let stated = model.capability.as_ref().map(|name| self.capability(name));
            let bound = trial.bind.iter().rev().find(|(name, _)| name.value == model.name.value);
            let outside = trial.bound.iter().rev().find(|(name, _)| **name == *model.name.value);
            self.models.push(Model {
                name: Arc::clone(&model.name.value),
                capability: stated.unwrap_or(Capability::Chat),
                many: model.many,
                bindings: Vec::new(),
                span: model.name.span,
            });
            let bindings = match (bound, outside, &model.bound) {
                (Some((_, written)), _, _) => self.bindings(id, &model.name, model.many, written),
                (None, Some((_, bindings)), _) => bindings.clone(),
                (None, None, Some(written)) => self.bindings(id, &model.name, model.many, written),
                (None, None, None) => Vec::new(),
            };
            if !model.many && bindings.len() > 1 {
                self.tell(
                    error(
                        codes::WRONG_BINDING,
                        model.name.span,
                        format!("`{}` is one model, but is bound to {}", model.name.value, bindings.len()),
                    )
                    .help("declare it with `models`, or bind it to one"),
                );
            }
            let model = &mut self.models[id.0 as usize];
            if stated.is_none() {
                model.capability = bindings.first().map_or(Capability::Chat, usual);
            }
            model.bindings = bindings;
            let model = model.clone();
            self.bindings_suit(&model);
        }
        self.foreign_bindings();
    }

    /// The model that reads pages: nobody declares it, tests may bind it.
    pub(super) fn page_model(&mut self) -> ModelId {
        if let Some(at) = self.models.iter().position(|model| model.capability == Capability::Page) {
            return ModelId(at as u32);
        }
        let id = ModelId(self.models.len() as u32);
        let trial = self.trial;
        self.models.push(Model {
            name: "page".into(),
            capability: Capability::Page,
            many: false,
            bindings: Vec::new(),
            span: Span::default(),
        });
        if let Some((name, written)) = trial.bind.iter().rev().find(|(name, _)| &*name.value == "page") {
            let bindings = self.bindings(id, name, false, written);
            self.models[id.0 as usize].bindings = bindings;
        }
        id
    }

    /// Bindings of models that the file does not have.
    fn foreign_bindings(&mut self) {
        let trial = self.trial;
        for (name, _) in &trial.bind {
            if &*name.value != "page" && !self.models.iter().any(|model| model.name == name.value) {
                let message = format!("no model `{}`", name.value);
                let mut problem = error(codes::UNKNOWN_MODEL, name.span, message);
                problem.help =
                    suggestion(&name.value, "there are", self.models.iter().map(|model| &*model.name));
                self.tell(problem);
            }
        }
    }

    fn capability(&mut self, name: &Name) -> Capability {
        capability(&name.value).unwrap_or_else(|| {
            let message = format!("no capability `{}`", name.value);
            let mut problem = error(codes::UNKNOWN_CAPABILITY, name.span, message);
            problem.help =
                suggestion(&name.value, "a model is one of", CAPABILITIES.iter().map(|(word, _)| *word));
            self.tell(problem);
            Capability::Vision
        })
    }

    fn bindings(&mut self, id: ModelId, model: &Name, many: bool, written: &'l tree::Expr) -> Vec<Binding> {
        let mut bindings: Vec<Binding> = Vec::new();
        match &bare(written).kind {
            ExprKind::List(items) => {
                if !many {
                    self.tell(
                        error(
                            codes::WRONG_BINDING,
                            written.span,
                            format!("`{}` is one model, not a list", model.value),
                        )
                        .help("declare it with `models`, or bind it to one model"),
                    );
                    return bindings;
                }
                if items.is_empty() {
                    self.tell(
                        error(
                            codes::WRONG_BINDING,
                            written.span,
                            format!("`{}` is bound to no model", model.value),
                        )
                        .help("list at least one"),
                    );
                }
                for item in items {
                    let number = bindings.len() as u32;
                    let found = self.binding(id, number, model, &item.value, item.rename.as_ref());
                    let Some(found) = found else { continue };
                    if let Some(earlier) = bindings.iter().find(|earlier| earlier.name == found.name) {
                        let (span, earlier) = (found.span, earlier.span);
                        let name = &found.name;
                        self.tell(
                            error(
                                codes::DUPLICATE_NAME,
                                span,
                                format!("there is already a model `{name}` in `{}`", model.value),
                            )
                            .also(earlier, "the first one")
                            .help("give one another name: `... as NAME`"),
                        );
                        continue;
                    }
                    bindings.push(found);
                }
            }
            _ => bindings.extend(self.binding(id, 0, model, written, None)),
        }
        bindings
    }

    fn binding(
        &mut self,
        id: ModelId,
        number: u32,
        model: &Name,
        written: &'l tree::Expr,
        rename: Option<&Name>,
    ) -> Option<Binding> {
        let written = bare(written);
        let span = written.span;
        let rename = rename.map(|name| Arc::clone(&name.value));
        match &written.kind {
            ExprKind::Scripted { arguments, arms } => {
                let stated =
                    arguments.first().and_then(|argument| self.constant_text(&argument.value, "the name"));
                self.scripts.insert((id, number), ScriptSource { arms, span });
                let stated = rename.or(stated);
                let many = self.models.get(id.0 as usize).is_some_and(|model| model.many);
                let kind = BindingKind::Scripted { named: many || stated.is_some() };
                Some(Binding { name: stated.unwrap_or_else(|| Arc::clone(&model.value)), kind, span })
            }
            ExprKind::Call { function, arguments } if &*function.value == "replay" => {
                self.replay(model, arguments, rename, span)
            }
            ExprKind::Call { function, arguments } => self.remote(function, arguments, rename, span),
            ExprKind::Template(_) => {
                let text = self.constant_text(written, "the model")?;
                let Some((provider, name)) = text.split_once('/') else {
                    self.tell(
                        error(codes::WRONG_BINDING, span, format!("`{text}` names no provider"))
                            .help("write \"provider/model\", such as \"openai/gpt-4o\""),
                    );
                    return None;
                };
                let provider = self.provider(&Name::new(provider.into(), span))?;
                let kind = BindingKind::Remote { provider, model: name.into(), settings: Vec::new() };
                Some(Binding { name: rename.unwrap_or_else(|| name.into()), kind, span })
            }
            ExprKind::Name(other) => {
                let other = self.declared_model(ModuleId::ROOT, &Name::new(Arc::clone(other), span))?;
                if let Some(script) = self.scripts.get(&(other, 0)).copied() {
                    self.scripts.insert((id, number), script);
                }
                self.models.get(other.0 as usize)?.bindings.first().cloned()
            }
            ExprKind::Broken => None,
            _ => {
                self.tell(
                    error(codes::WRONG_BINDING, span, "this is no model")
                        .help("such as `openai(\"gpt-4o\")`, `replay(...)` or `scripted { ... }`"),
                );
                None
            }
        }
    }

    fn remote(
        &mut self,
        function: &Name,
        arguments: &[Argument],
        rename: Option<Arc<str>>,
        span: Span,
    ) -> Option<Binding> {
        let provider = self.provider(function)?;
        let mut model = None;
        let mut settings: Vec<Setting<Value>> = Vec::new();
        for argument in arguments {
            let Some(name) = &argument.name else {
                if model.is_some() {
                    self.tell(
                        error(
                            codes::WRONG_BINDING,
                            argument.value.span,
                            format!("`{provider}` takes one model"),
                        )
                        .help("settings go by name: `temperature = 0`"),
                    );
                }
                model = self.constant_text(&argument.value, "the model's name");
                continue;
            };
            let kind = match &*name.value {
                "base_url" | "identity" => Some(Type::Text),
                other => settings::kind(other),
            };
            let Some(kind) = kind else {
                let known =
                    ["temperature", "top_p", "max_tokens", "seed", "stop", "reasoning_effort", "size"];
                let mut problem =
                    error(codes::UNKNOWN_SETTING, name.span, format!("no setting `{}`", name.value));
                problem.help = suggestion(&name.value, "there are", known);
                self.tell(problem);
                continue;
            };
            let what = format!("`{}`", name.value);
            if let Some(value) = self.constant(ModuleId::ROOT, &argument.value, &kind, &what) {
                let span = name.span.to(argument.value.span);
                settings.push(Setting { name: Arc::clone(&name.value), value, span });
            }
        }
        let model = model.unwrap_or_else(|| Arc::clone(&provider));
        let name = rename.unwrap_or_else(|| Arc::clone(&model));
        Some(Binding { name, kind: BindingKind::Remote { provider, model, settings }, span })
    }

    fn provider(&mut self, name: &Name) -> Option<Arc<str>> {
        if PROVIDERS.iter().any(|(known, _)| **known == *name.value) {
            return Some(Arc::clone(&name.value));
        }
        let known = PROVIDERS.iter().map(|(known, _)| *known).chain(["replay", "scripted"]);
        let message = format!("no provider `{}`", name.value);
        let mut problem = error(codes::UNKNOWN_PROVIDER, name.span, message);
        problem.help = suggestion(&name.value, "there are", known);
        self.tell(problem);
        None
    }

    fn replay(
        &mut self,
        model: &Name,
        arguments: &[Argument],
        rename: Option<Arc<str>>,
        span: Span,
    ) -> Option<Binding> {
        let (mut name, mut path, mut reply) = (rename, None, None);
        let mut key: Vec<Arc<str>> = Vec::new();
        for argument in arguments {
            match argument.name.as_ref().map(|name| (&*name.value, name.span)) {
                None if name.is_none() => name = self.constant_text(&argument.value, "the name"),
                Some(("from", _)) => path = self.constant_text(&argument.value, "the file"),
                Some(("reply", _)) => reply = self.constant_text(&argument.value, "the reply's field"),
                Some(("key", _)) => key = self.key_columns(&argument.value),
                None => {}
                Some((other, at)) => {
                    let mut problem =
                        error(codes::UNKNOWN_SETTING, at, format!("`replay` has no setting `{other}`"));
                    problem.help = suggestion(other, "it has", ["from", "key", "reply"]);
                    self.tell(problem);
                }
            }
        }
        let lacks = |word: &str| {
            error(codes::WRONG_BINDING, span, format!("`replay` needs `{word}`"))
                .help("it is `replay(\"name\", from = \"replies.jsonl\", key = [id], reply = \"field\")`")
        };
        let told = self.diagnostics.len();
        if path.is_none() && !has(arguments, "from") {
            self.tell(lacks("from"));
        }
        if key.is_empty() && !has(arguments, "key") {
            self.tell(lacks("key"));
        }
        let (Some(path), false, false) = (path, key.is_empty(), self.diagnostics.len() > told) else {
            return None;
        };
        let kind = BindingKind::Replay { path, key, reply: reply.unwrap_or_else(|| "reply".into()) };
        Some(Binding { name: name.unwrap_or_else(|| Arc::clone(&model.value)), kind, span })
    }

    /// `[a, b]`: names of columns, looked up where the model is asked.
    fn key_columns(&mut self, written: &tree::Expr) -> Vec<Arc<str>> {
        let written = bare(written);
        let names: Option<Vec<Arc<str>>> = match &written.kind {
            ExprKind::Name(name) => Some(vec![Arc::clone(name)]),
            ExprKind::List(items) => items
                .iter()
                .map(|item| match &bare(&item.value).kind {
                    ExprKind::Name(name) => Some(Arc::clone(name)),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        names.filter(|names| !names.is_empty()).unwrap_or_else(|| {
            self.tell(
                error(codes::WRONG_BINDING, written.span, "`key` names columns")
                    .help("such as `key = [example_id]`"),
            );
            Vec::new()
        })
    }

    /// A text that is known before the run.
    pub(super) fn constant_text(&mut self, written: &tree::Expr, what: &str) -> Option<Arc<str>> {
        let told = self.diagnostics.len();
        let mut scope = Scope::bare(ModuleId::ROOT);
        let typed = self.expr(&mut scope, written, Some(&Type::Text));
        if typed.is_unknown() {
            return None;
        }
        let wanted = if typed.kind == Type::Path { Type::Path } else { Type::Text };
        let expr = self.fit(&mut scope, typed, &wanted, written.span, what);
        let text = fold_text(&expr);
        if text.is_none() && self.diagnostics.len() == told {
            self.tell(
                error(codes::NOT_CONSTANT, written.span, format!("{what} is not known before the run"))
                    .help("it may be made of literals and parameters only"),
            );
        }
        text
    }
}

fn has(arguments: &[Argument], name: &str) -> bool {
    arguments.iter().any(|argument| argument.name.as_ref().is_some_and(|known| &*known.value == name))
}

/// What a binding does where nothing says it.
fn usual(binding: &Binding) -> Capability {
    match &binding.kind {
        BindingKind::Remote { provider, .. } => PROVIDERS
            .iter()
            .find(|(known, _)| **known == **provider)
            .map_or(Capability::Chat, |(_, capability)| *capability),
        _ => Capability::Chat,
    }
}

/// What makes two bindings the same model: settings apart. Planted and recorded ones are what
/// their authors say they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BindingIdentity {
    Remote(Arc<str>, Arc<str>),
}

impl BindingIdentity {
    pub(super) fn of(binding: &Binding) -> Option<BindingIdentity> {
        match &binding.kind {
            BindingKind::Remote { provider, model, .. } => {
                Some(BindingIdentity::Remote(Arc::clone(provider), Arc::clone(model)))
            }
            _ => None,
        }
    }
}
