//! Functions written in tgp.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{FunctionBody, ItemKind, Let, Pattern};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::library::{ItemId, ModuleId, ParameterKind, Returns};
use super::loading::twice;
use super::program::{Expr, Function, FunctionId, Local, ModelRef};
use super::reach::reached;
use super::scope::{Scope, ScopeModel};

#[derive(Clone, Copy, Debug)]
pub(super) enum FunctionState {
    Open,
    Done(FunctionId),
    Broken,
}

impl<'l> Checker<'l> {
    /// The checked function, read at its first use.
    pub(super) fn function(&mut self, item: ItemId, called: Span) -> Option<FunctionId> {
        match self.function_states.get(&item) {
            Some(FunctionState::Done(id)) => return Some(*id),
            Some(FunctionState::Broken) => return None,
            Some(FunctionState::Open) => {
                self.recursion(item, called);
                return None;
            }
            None => {}
        }
        self.function_states.insert(item, FunctionState::Open);
        self.open_functions.push(item);
        let told = self.diagnostics.len();
        let function = self.read_function(item);
        self.open_functions.pop();
        let state = match function {
            Some(function) if self.diagnostics.len() == told => {
                let exprs = function.lets.iter().map(|(_, expr)| expr).chain([&function.result]);
                let reach = reached(exprs, &self.reach);
                self.reach.push(reach.into_iter().collect());
                self.functions.push(function);
                FunctionState::Done(FunctionId(self.functions.len() as u32 - 1))
            }
            _ => FunctionState::Broken,
        };
        self.function_states.insert(item, state);
        match state {
            FunctionState::Done(id) => Some(id),
            _ => None,
        }
    }

    /// Which models a function may ask.
    pub(super) fn reach(&self, function: FunctionId) -> &[ModelRef] {
        self.reach.get(function.0 as usize).map_or(&[], |reach| reach)
    }

    fn recursion(&mut self, item: ItemId, called: Span) {
        let library = self.library;
        let name = |item: ItemId| library.function(item).map_or("", |function| &function.name.value);
        let from = self.open_functions.iter().position(|open| *open == item).unwrap_or(0);
        let mut chain: Vec<&str> = self.open_functions[from..].iter().map(|open| name(*open)).collect();
        chain.push(name(item));
        self.tell(
            error(codes::RECURSION, called, format!("`{}` calls itself: {}", name(item), chain.join(" -> ")))
                .help("no function may call itself, so that every run ends; use `map`, `filter` or `range`"),
        );
    }

    fn read_function(&mut self, item: ItemId) -> Option<Function> {
        let library = self.library;
        let signature = library.signatures.get(&item)?;
        let tree = library.function(item)?;
        let mut models = Vec::new();
        let mut scope = Scope::bare(item.module);
        for parameter in &signature.parameters {
            match &parameter.kind {
                ParameterKind::Model(capability) => models.push(ScopeModel {
                    name: Arc::clone(&parameter.name),
                    model: ModelRef::Parameter(models.len() as u32),
                    capability: *capability,
                    defined: Some(parameter.span),
                }),
                ParameterKind::Value(kind) => {
                    if *kind.present() == Type::Path {
                        self.tell(
                            error(
                                codes::TYPE_MISMATCH,
                                parameter.span,
                                "a function reads no files, so it takes no path",
                            )
                            .help("a path is the value of a `param`; write `text` for what is only text"),
                        );
                    }
                    scope.bind(Arc::clone(&parameter.name), kind.clone(), Some(parameter.span));
                }
            }
        }
        let parameters = scope.frame;
        for (written, parameter) in tree.parameters.iter().zip(&signature.parameters) {
            if !library.module(item.module).standard {
                self.define(&written.name, super::checker::Definition::Parameter);
            }
            if let (Some(default), ParameterKind::Value(kind)) = (&written.default, &parameter.kind) {
                self.constant(item.module, default, kind, &format!("the default of `{}`", parameter.name));
            }
        }
        let mut scope = Scope { models: &models, ..scope };
        let returns = match &signature.returns {
            Returns::Value(kind) => kind.clone(),
            _ => return None,
        };
        let mut lets = Vec::new();
        let result = match &tree.body {
            FunctionBody::Expr(result) => result,
            FunctionBody::Block { lets: written, result } => {
                for one in written {
                    self.function_let(&mut scope, one, &mut lets);
                }
                result
            }
            FunctionBody::Native { .. } => return None,
        };
        let what = format!("what `{}` gives", signature.name);
        self.must_be(result.span, tree.returns.span);
        let result = self.wanted(&mut scope, result, &returns, &what);
        Some(Function {
            name: Arc::clone(&signature.name),
            parameters,
            models: models.len() as u32,
            lets,
            result,
            frame: scope.frame,
            span: tree.name.span,
        })
    }

    fn function_let(&mut self, scope: &mut Scope<'_>, written: &Let, lets: &mut Vec<(Local, Expr)>) {
        let wanted = written.kind.as_ref().map(|kind| self.read_type(scope.module, kind));
        let mut typed = self.expr(scope, &written.value, wanted.as_ref());
        if let Some(wanted) = wanted {
            self.must_be(
                written.value.span,
                written.kind.as_ref().map_or(written.value.span, |kind| kind.span),
            );
            typed.expr = self.fit(scope, typed.clone(), &wanted, written.value.span, "the value");
            typed.kind = wanted;
        }
        let own = !self.library.module(scope.module).standard;
        match &written.pattern {
            Pattern::Name(name) => {
                if let Some(earlier) = scope.named(&name.value) {
                    let earlier = earlier.defined.unwrap_or(name.span);
                    self.tell(twice(&name.value, name.span, earlier));
                }
                if own {
                    self.define(name, super::checker::Definition::Value);
                }
                let local = scope.bind(Arc::clone(&name.value), typed.kind, Some(name.span));
                lets.push((local, typed.expr));
            }
            Pattern::Fields(names) => {
                let whole = scope.local();
                lets.push((whole, typed.expr));
                for name in names {
                    let Some((at, kind)) = self.part(&typed.kind, name) else { continue };
                    if own {
                        self.define(name, super::checker::Definition::Value);
                    }
                    let local = scope.bind(Arc::clone(&name.value), kind, Some(name.span));
                    lets.push((local, Expr::Field(Box::new(Expr::Local(whole)), at)));
                }
            }
        }
    }

    /// Reads the functions that nothing called: those of libraries may be called by others, and
    /// those of the file itself are told to be unused elsewhere. What they say does not enter the
    /// program.
    pub(super) fn uncalled_functions(&mut self) {
        let library = self.library;
        let (functions, reach) = (self.functions.len(), self.reach.len());
        for (number, module) in library.modules.iter().enumerate() {
            if module.standard {
                continue;
            }
            let module_id = ModuleId(number as u32);
            for (at, item) in module.file.items.iter().enumerate() {
                if let ItemKind::Function(function) = &item.kind {
                    let item = ItemId { module: module_id, item: at as u32 };
                    if module_id == ModuleId::ROOT {
                        self.define(&function.name, super::checker::Definition::Function);
                    }
                    let native = matches!(function.body, FunctionBody::Native { .. });
                    if !native && !self.function_states.contains_key(&item) {
                        self.uncalled(item, function.name.span);
                    }
                }
            }
        }
        self.functions.truncate(functions);
        self.reach.truncate(reach);
    }

    fn uncalled(&mut self, item: ItemId, span: Span) {
        match self.library.signatures.get(&item).map(|signature| &signature.returns) {
            Some(Returns::Variations) => self.uncalled_variations(item),
            _ => {
                self.function(item, span);
            }
        }
    }
}
