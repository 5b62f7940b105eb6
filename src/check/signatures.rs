//! What functions and stages take and give, and what type names stand for.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::syntax::tree::{FunctionBody, ItemKind, Parameter, TypeExpr, TypeExprKind};

use super::codes;
use super::complaint::{Explained, error};
use super::library::{ItemId, Library, ModuleId, ParameterKind, Returns, Signature, SignatureParameter};
use super::types::{TypeReader, builtin, capability};

/// Reads all types and signatures of a library.
pub(super) fn settle(library: &mut Library) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for number in 0..library.modules.len() {
        let module = ModuleId(number as u32);
        let file = library.module(module).file.clone();
        for (item, found) in file.items.iter().enumerate() {
            let id = ItemId { module, item: item as u32 };
            let ItemKind::Type(kind) = &found.kind else { continue };
            let mut reader = TypeReader::new(library, module);
            let read = reader.read(&kind.kind);
            let (used, told, fields) = (reader.used, reader.diagnostics, reader.named);
            library.types.insert(id, read);
            library.fields.extend(fields);
            library.used.extend(used);
            diagnostics.extend(told);
        }
    }
    for number in 0..library.modules.len() {
        let module = ModuleId(number as u32);
        let file = library.module(module).file.clone();
        for (item, found) in file.items.iter().enumerate() {
            let id = ItemId { module, item: item as u32 };
            let reader = TypeReader::new(library, module);
            let mut reading = Reading { reader };
            let signature = match &found.kind {
                ItemKind::Function(function) => {
                    if matches!(function.body, FunctionBody::Native { .. }) {
                        reading.reader = reading.reader.with_variables();
                        if !library.module(module).standard {
                            diagnostics.push(
                                error(
                                    codes::NATIVE_OUTSIDE,
                                    function.name.span,
                                    format!("`{}` cannot be native here", function.name.value),
                                )
                                .help("only the standard library declares native functions; give it a body"),
                            );
                        }
                    }
                    let parameters = reading.parameters(&function.parameters);
                    let returns = reading.returns(&function.returns);
                    Signature { name: function.name.value.clone(), parameters, returns }
                }
                ItemKind::Stage(stage) => {
                    let parameters = reading.parameters(&stage.parameters);
                    let fields = reading.reader.fields(&stage.adds);
                    let adds = fields.iter().map(|field| (field.name.clone(), field.kind.clone())).collect();
                    Signature { name: stage.name.value.clone(), parameters, returns: Returns::Columns(adds) }
                }
                _ => continue,
            };
            let reader = reading.reader;
            let (used, told, fields) = (reader.used, reader.diagnostics, reader.named);
            library.fields.extend(fields);
            library.used.extend(used);
            diagnostics.extend(told);
            library.signatures.insert(id, signature);
        }
    }
    // An alias that is part of another is read with it, so that its mistakes would come twice.
    let mut distinct: Vec<Diagnostic> = Vec::new();
    for problem in diagnostics {
        if !distinct.contains(&problem) {
            distinct.push(problem);
        }
    }
    distinct
}

struct Reading<'l> {
    reader: TypeReader<'l>,
}

impl Reading<'_> {
    fn parameters(&mut self, written: &[Parameter]) -> Vec<SignatureParameter> {
        let mut parameters: Vec<SignatureParameter> = Vec::with_capacity(written.len());
        for parameter in written {
            if let Some(earlier) = parameters.iter().find(|earlier| earlier.name == parameter.name.value) {
                let problem = super::loading::twice(&parameter.name.value, parameter.name.span, earlier.span);
                self.reader.diagnostics.push(problem);
                continue;
            }
            let kind = self.parameter(&parameter.kind);
            parameters.push(SignatureParameter {
                name: parameter.name.value.clone(),
                span: parameter.name.span,
                kind,
            });
        }
        parameters
    }

    /// `image` is both a type and a capability: as a parameter's it is the type.
    fn parameter(&mut self, written: &TypeExpr) -> ParameterKind {
        if let TypeExprKind::Name(name) = &written.kind
            && builtin(&name.value).is_none()
            && let Some(capability) = capability(&name.value)
        {
            return ParameterKind::Model(capability);
        }
        ParameterKind::Value(self.reader.read(written))
    }

    fn returns(&mut self, written: &TypeExpr) -> Returns {
        match &written.kind {
            TypeExprKind::Name(name) if &*name.value == "variations" => Returns::Variations,
            _ => Returns::Value(self.reader.read(written)),
        }
    }
}

impl Returns {
    /// The type of what it gives; unknown where it gives no value.
    pub(super) fn value(&self) -> Type {
        match self {
            Returns::Value(kind) => kind.clone(),
            Returns::Columns(columns) => {
                Type::record(columns.iter().map(|(name, kind)| (Arc::clone(name), kind.clone())))
            }
            Returns::Variations => Type::Unknown,
        }
    }
}
