//! Stages: steps written elsewhere, written out where they are named.

use crate::data::types::Type;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ExprKind, ItemKind, Name};

use super::super::checker::{Checker, DEEPEST, Definition};
use super::super::codes;
use super::super::complaint::{Explained, error, suggestion};
use super::super::expressions::bare;
use super::super::library::{Callable, ItemId, ModuleId, ParameterKind, Returns};
use super::super::nodes::Building;
use super::super::program::ModelRef;
use super::super::scope::{Column, Doubt, ScopeModel};

impl<'l> Checker<'l> {
    pub(super) fn stage_step(&mut self, building: &mut Building<'l>, call: &'l tree::Expr, span: Span) {
        let (function, receiver, arguments) = match &bare(call).kind {
            ExprKind::Call { function, arguments } => (function.clone(), None, arguments),
            ExprKind::Method { receiver, function, arguments } => match &receiver.kind {
                ExprKind::Name(module) if self.library.submodule(building.module, module).is_some() => {
                    (Name::new(format!("{module}.{}", function.value).into(), function.span), None, arguments)
                }
                _ => (function.clone(), Some(&**receiver), arguments),
            },
            ExprKind::Broken => return,
            _ => {
                self.tell(
                    error(codes::UNKNOWN_STEP, span, "this is no step")
                        .help("a step begins with its word: `let`, `where`, ..."),
                );
                return;
            }
        };
        let named = self.library.callable(building.module, &function.value);
        let item = match named.map(|named| named.what) {
            Some(Callable::Stage(item)) => item,
            other => {
                self.not_a_stage(building, &function, other.is_some());
                building.row.doubt = Doubt::Whole;
                return;
            }
        };
        self.used.extend(named.map(|named| named.through.unwrap_or(named.span)));
        if building.stages.contains(&item) {
            self.tell(
                error(codes::RECURSION, span, format!("the stage `{}` uses itself", function.value))
                    .help("no stage may use itself, so that every run ends"),
            );
            return;
        }
        if building.stages.len() >= DEEPEST / 4 {
            self.too_deep(span, "stages go through each other");
            building.row.doubt = Doubt::Whole;
            return;
        }
        self.written_out(building, item, receiver, arguments, span);
    }

    fn not_a_stage(&mut self, building: &Building<'l>, name: &Name, is_function: bool) {
        let module = self.library.module(building.module);
        if module.broken.contains(&name.value) {
            return;
        }
        if is_function {
            self.tell(
                error(codes::UNKNOWN_STEP, name.span, format!("`{}` is a function, not a step", name.value))
                    .help(format!("keep what it gives: `let x = {}(...)`", name.value)),
            );
            return;
        }
        let mut stages: Vec<&str> = module
            .callables
            .iter()
            .filter(|(_, named)| matches!(named.what, Callable::Stage(_)))
            .map(|(name, _)| &**name)
            .collect();
        stages.sort_unstable();
        let mut problem = error(codes::UNKNOWN_STEP, name.span, format!("no step or stage `{}`", name.value));
        problem.help = suggestion(&name.value, "the file has the stages", stages)
            .or_else(|| Some("a step begins with its word, such as `let` or `where`, or is a stage of the file or a library".into()));
        self.tell(problem);
    }

    fn written_out(
        &mut self,
        building: &mut Building<'l>,
        item: ItemId,
        receiver: Option<&'l tree::Expr>,
        arguments: &'l [tree::Argument],
        span: Span,
    ) {
        let library = self.library;
        let (Some(signature), Some(stage)) = (library.signatures.get(&item), library.stage(item)) else {
            return;
        };
        let Some(given) = self.arguments(signature, receiver, arguments, &[], span) else {
            building.row.doubt = Doubt::Whole;
            return;
        };
        let mut models = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        for (at, parameter) in signature.parameters.iter().enumerate() {
            match &parameter.kind {
                ParameterKind::Model(capability) => {
                    let mut scope = building.scope();
                    let model = self.model_argument(&mut scope, signature, at, given[at], span);
                    models.push(ScopeModel {
                        name: parameter.name.clone(),
                        model: model.unwrap_or(ModelRef::Judge),
                        capability: *capability,
                        defined: Some(parameter.span),
                    });
                }
                ParameterKind::Value(kind) => {
                    let mut scope = building.scope();
                    let value = self.value_argument(&mut scope, item, signature, at, given[at], kind, span);
                    let frame = scope.frame;
                    let Some(value) = value else { continue };
                    if value.lifts {
                        self.tell(
                            error(
                                codes::MAY_BE_MISSING,
                                span,
                                format!("`{}` of `{}` may be missing", parameter.name, signature.name),
                            )
                            .help("say what a missing value counts as: `x ?? ...`"),
                        );
                    }
                    let slot = self.append(building, value.expr, frame, span);
                    let place = Some(parameter.span);
                    columns.push(Column { place, ..Column::new(parameter.name.clone(), kind.clone(), slot) });
                }
            }
        }
        columns.extend(building.row.columns.iter().filter(|column| column.hidden).cloned());
        // Inside, only the parameters and what the stage makes can be named.
        let outside = std::mem::replace(&mut building.row.columns, columns);
        let seen = building.outside.len();
        building.outside.extend(outside.iter().filter(|column| !column.hidden).cloned());
        let owner = std::mem::replace(&mut building.row.owner, signature.name.clone());
        let module = std::mem::replace(&mut building.module, item.module);
        let outer_models = std::mem::replace(&mut building.models, models);
        building.stages.push(item);
        self.stages_used.insert(item);
        let told = self.diagnostics.len();
        for step in &stage.steps {
            self.step(building, step);
        }
        for problem in &mut self.diagnostics[told..] {
            // Wherever the stage is at fault, the one who used it wants to know from where.
            if problem.primary.span.source != span.source || problem.others.is_empty() {
                *problem = problem.clone().also(span, "used here");
            }
        }
        building.stages.pop();
        building.outside.truncate(seen);
        building.models = outer_models;
        building.module = module;
        building.row.owner = owner;
        let inside = std::mem::replace(&mut building.row.columns, outside);
        let Returns::Columns(adds) = &signature.returns else { return };
        for ((name, kind), written) in adds.iter().zip(&stage.adds) {
            match made(&inside, name, kind, written) {
                Ok(made) => {
                    building.reads_reply = made.of_reply;
                    let name = Name::new(name.clone(), span);
                    self.name_slot(building, &name, kind.clone(), made.slot, None);
                }
                Err(problem) => self.tell(problem.also(span, "used here")),
            }
        }
    }

    /// Reads the stages that nothing used, on a table without columns: libraries have them for
    /// others.
    pub(in super::super) fn uncalled_stages(&mut self) {
        let library = self.library;
        for (number, module) in library.modules.iter().enumerate() {
            if module.standard {
                continue;
            }
            let module_id = ModuleId(number as u32);
            for (at, item) in module.file.items.iter().enumerate() {
                let ItemKind::Stage(stage) = &item.kind else { continue };
                let id = ItemId { module: module_id, item: at as u32 };
                if module_id == ModuleId::ROOT {
                    self.define(&stage.name, Definition::Stage);
                }
                if !self.stages_used.contains(&id) {
                    self.uncalled_stage(id, stage);
                }
            }
        }
    }

    fn uncalled_stage(&mut self, id: ItemId, stage: &'l tree::Stage) {
        let library = self.library;
        let Some(signature) = library.signatures.get(&id) else { return };
        let mut building = Building::blank(&library.blank, stage.name.value.clone());
        building.module = id.module;
        building.stages.push(id);
        for parameter in &signature.parameters {
            match &parameter.kind {
                ParameterKind::Model(capability) => building.models.push(ScopeModel {
                    name: parameter.name.clone(),
                    model: ModelRef::Judge,
                    capability: *capability,
                    defined: Some(parameter.span),
                }),
                ParameterKind::Value(kind) => {
                    let slot = building.row.slot();
                    let place = Some(parameter.span);
                    let column = Column { place, ..Column::new(parameter.name.clone(), kind.clone(), slot) };
                    building.row.columns.push(column);
                }
            }
        }
        for step in &stage.steps {
            self.step(&mut building, step);
        }
        let Returns::Columns(adds) = &signature.returns else { return };
        for ((name, kind), written) in adds.iter().zip(&stage.adds) {
            if building.row.is_certain() {
                let missing = made(&building.row.columns, name, kind, written).err();
                self.diagnostics.extend(missing.map(|problem| *problem));
            }
        }
    }
}

fn says(stated: &Type, made: &Type) -> bool {
    match stated.present() {
        Type::Json | Type::Path => stated.present() == made.present(),
        _ => true,
    }
}

/// The column that a stage adds, among those that its steps made.
fn made<'c>(
    inside: &'c [Column],
    name: &str,
    kind: &Type,
    written: &tree::TypeField,
) -> Result<&'c Column, Box<Diagnostic>> {
    match inside.iter().find(|column| !column.hidden && &*column.name == name) {
        // As JSON or as a path anything would do, and the statement would say nothing.
        Some(made) if kind.accepts(&made.kind) && says(kind, &made.kind) => Ok(made),
        Some(made) => {
            let message = format!("`{name}` must be {kind}, but the stage makes it {}", made.kind);
            let problem = error(codes::TYPE_MISMATCH, written.name.span, message);
            let problem = problem.help("state the type that the steps make");
            Err(Box::new(match made.place {
                Some(place) => problem.also(place, "made here"),
                None => problem,
            }))
        }
        None => {
            let message = format!("the stage makes no column `{name}`");
            let problem = error(codes::UNKNOWN_COLUMN, written.name.span, message);
            Err(Box::new(problem.help("add a `let` for it, or take it out of `adds`")))
        }
    }
}
