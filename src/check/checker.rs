//! One check of one file: everything learnt on the way.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Name};

use super::bindings::ScriptSource;
use super::codes;
use super::complaint::{Explained, error, suggest};
use super::expressions::can;
use super::functions::FunctionState;
use super::library::{ItemId, Library, ModuleId, Thing};
use super::mentions::Mentions;
use super::nodes::Table;
use super::program::{Capability, Function, Model, ModelId, ModelRef};
use super::scope::Scope;
use super::scripted::ScriptUse;
use super::suite::Ran;
use super::suspects::{Origin, Seen};
use super::trial::Trial;
use super::types::{TypeReader, capability_word};

/// A binding that must be mentioned somewhere.
#[derive(Clone, Debug)]
pub(super) struct Defined {
    pub(super) name: Arc<str>,
    pub(super) what: Definition,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definition {
    Parameter,
    Model,
    Column,
    Image,
    Value,
    Function,
    Stage,
}

impl Definition {
    pub(super) fn word(self) -> &'static str {
        match self {
            Definition::Parameter => "the parameter",
            Definition::Model => "the model",
            Definition::Column => "the column",
            Definition::Image => "the image",
            Definition::Value => "the value",
            Definition::Function => "the function",
            Definition::Stage => "the stage",
        }
    }

    /// Whether a library makes it for others.
    pub(super) fn is_exported(self) -> bool {
        matches!(self, Definition::Function | Definition::Stage)
    }
}

/// How deep expressions may go through the functions and parameters that they name, and stages through
/// each other.
pub(super) const DEEPEST: usize = 160;

pub(super) struct Checker<'l> {
    pub(super) library: &'l Library,
    /// What a test or the command line changes.
    pub(super) trial: &'l Trial<'l>,
    pub(super) mentions: &'l Mentions,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) defined: Vec<Defined>,
    pub(super) used: HashSet<Span>,
    /// Models, by where they are declared, that are shown a picture somewhere.
    pub(super) shown: HashSet<Span>,
    /// Uses of names with the places they were made at.
    pub(super) seen: Vec<Seen>,
    /// Fields of records as types declare them.
    pub(super) fields: Vec<Name>,
    /// `None` while a default is being read.
    pub(super) parameters: HashMap<ItemId, Option<(Type, Value)>>,
    pub(super) models: Vec<Model>,
    /// By place in the file.
    pub(super) model_items: HashMap<u32, ModelId>,
    /// Planted behaviour by model and binding.
    pub(super) scripts: BTreeMap<(ModelId, u32), ScriptSource<'l>>,
    pub(super) functions: Vec<Function>,
    pub(super) function_states: HashMap<ItemId, FunctionState>,
    /// Functions being read, for telling a circle.
    pub(super) open_functions: Vec<ItemId>,
    /// Expressions being read, one in another, through the functions that they call too.
    pub(super) depth: usize,
    /// Which models each function may ask.
    pub(super) reach: Vec<Arc<[ModelRef]>>,
    /// Checked nodes by place in the file.
    pub(super) nodes: HashMap<u32, Arc<Table>>,
    /// Models that write or judge, with the place that says so.
    pub(super) askers: Vec<(ModelId, Span)>,
    pub(super) allow_self: bool,
    pub(super) script_use: ScriptUse,
    pub(super) stages_used: HashSet<ItemId>,
    /// Of a suite.
    pub(super) runs: &'l [Ran],
}

impl<'l> Checker<'l> {
    pub(super) fn new(
        library: &'l Library,
        trial: &'l Trial<'l>,
        mentions: &'l Mentions,
        runs: &'l [Ran],
    ) -> Checker<'l> {
        Checker {
            library,
            trial,
            mentions,
            diagnostics: Vec::new(),
            defined: Vec::new(),
            used: HashSet::new(),
            shown: HashSet::new(),
            seen: Vec::new(),
            fields: Vec::new(),
            parameters: HashMap::new(),
            models: Vec::new(),
            model_items: HashMap::new(),
            scripts: BTreeMap::new(),
            functions: Vec::new(),
            function_states: HashMap::new(),
            open_functions: Vec::new(),
            depth: 0,
            reach: Vec::new(),
            nodes: HashMap::new(),
            askers: Vec::new(),
            allow_self: false,
            script_use: ScriptUse::default(),
            stages_used: HashSet::new(),
            runs,
        }
    }

    pub(super) fn tell(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// A name is used that was made elsewhere.
    pub(super) fn came(&mut self, used: Span, from: Option<Span>) {
        self.seen.extend(from.map(|place| Seen { used, of: Origin::Made(place) }));
    }

    /// A value must be what is declared elsewhere.
    pub(super) fn must_be(&mut self, value: Span, declared: Span) {
        self.seen.push(Seen { used: value, of: Origin::Wanted(declared) });
    }

    /// Something that would go deeper than there is room for.
    pub(super) fn too_deep(&mut self, span: Span, what: &str) {
        self.tell(
            error(codes::NESTED_TOO_DEEP, span, format!("{what} too many levels deep"))
                .help("let fewer of them go through each other"),
        );
    }

    /// No model may be asked here.
    pub(super) fn quiet(&mut self, reason: &'static str, span: Span) {
        self.tell(
            error(codes::ASK_NOT_HERE, span, format!("no model may be asked {reason}"))
                .help("ask in a generate or judge node before, and use the column here"),
        );
    }

    pub(super) fn define(&mut self, name: &Name, what: Definition) {
        if !name.value.starts_with('_') {
            self.defined.push(Defined { name: name.value.clone(), what, span: name.span });
        }
    }

    pub(super) fn read_type(&mut self, module: ModuleId, written: &tree::TypeExpr) -> Type {
        let mut reader = TypeReader::new(self.library, module);
        let kind = reader.read(written);
        self.used.extend(reader.used);
        self.fields.extend(reader.named);
        self.diagnostics.extend(reader.diagnostics);
        kind
    }

    /// A model by name that can do what is wanted.
    pub(super) fn model(
        &mut self,
        scope: &mut Scope<'_>,
        name: &Name,
        wanted: Capability,
    ) -> Option<ModelRef> {
        let (model, has) = self.any_model(scope, name)?;
        if !can(has, wanted) {
            let (has, wanted) = (capability_word(has), capability_word(wanted));
            self.tell(
                error(
                    codes::WRONG_CAPABILITY,
                    name.span,
                    format!("`{}` is {has}, but a {wanted} model is needed", name.value),
                )
                .help(format!("declare it as `{wanted}`, or name another model")),
            );
            return None;
        }
        if wanted == Capability::Vision {
            self.shown_to(scope.models, name);
        }
        Some(model)
    }

    /// A model by name to be asked as author or judge.
    pub(super) fn any_model(&mut self, scope: &mut Scope<'_>, name: &Name) -> Option<(ModelRef, Capability)> {
        if let Some(found) = scope.models.iter().rev().find(|model| model.name == name.value) {
            self.used.extend(found.defined);
            self.came(name.span, found.defined);
            if let ModelRef::Declared(id) = found.model {
                self.askers.push((id, name.span));
            }
            return Some((found.model, found.capability));
        }
        let id = self.declared_model(scope.module, name)?;
        let model = &self.models[id.0 as usize];
        let capability = model.capability;
        if model.many {
            let declared = model.span;
            self.tell(
                error(
                    codes::ASKS_TARGETS,
                    name.span,
                    format!("`{}` are models under test: only a query node asks them", name.value),
                )
                .also(declared, "declared with `models`")
                .help("declare an author or judge of its own with `model`"),
            );
            return None;
        }
        self.askers.push((id, name.span));
        Some((ModelRef::Declared(id), capability))
    }

    /// A declared model by name, for whatever use.
    pub(super) fn declared_model(&mut self, module: ModuleId, name: &Name) -> Option<ModelId> {
        let found = self.library.module(module).things.get(&name.value).copied();
        match found.map(|named| named.what) {
            Some(Thing::Model(item)) if module == ModuleId::ROOT => {
                self.used.extend(found.map(|named| named.span));
                self.came(name.span, found.map(|named| named.span));
                self.model_items.get(&item).copied()
            }
            _ => {
                let message = match found {
                    Some(_) => format!("`{}` is not a model", name.value),
                    None => format!("no model `{}`", name.value),
                };
                let problem = error(codes::UNKNOWN_MODEL, name.span, message);
                let known = self.models.iter().map(|model| (&*model.name, Some(model.span)));
                let mut problem = suggest(problem, &name.value, "there are", known);
                if problem.help.is_none() {
                    problem = problem.help(format!("declare it: `model {}: chat`", name.value));
                }
                self.tell(problem);
                None
            }
        }
    }

    /// Tries something that may fail: what it told and marked is forgotten unless it is kept.
    pub(super) fn attempt<T>(&mut self, attempt: impl FnOnce(&mut Self) -> T) -> (T, Vec<Diagnostic>) {
        let before = std::mem::take(&mut self.diagnostics);
        let result = attempt(self);
        let told = std::mem::replace(&mut self.diagnostics, before);
        (result, told)
    }
}
