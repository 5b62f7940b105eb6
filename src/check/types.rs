//! Types as written to types as meant.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::data::types::{Field, Type};
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{ItemKind, Name, TypeExpr, TypeExprKind, TypeField};

use super::checker::DEEPEST;
use super::codes;
use super::complaint::{Explained, error, suggest};
use super::library::{ItemId, Library, ModuleId};
use super::program::Capability;

/// Reads types in one file.
pub(super) struct TypeReader<'l> {
    library: &'l Library,
    module: ModuleId,
    /// Aliases read so far, while the library's own are not settled yet.
    settled: HashMap<ItemId, Type>,
    /// Aliases being read, for telling a circle.
    open: Vec<ItemId>,
    /// Single capital letters stand for any type.
    variables: bool,
    pub(super) used: Vec<Span>,
    /// The fields of records that were read.
    pub(super) named: Vec<Name>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'l> TypeReader<'l> {
    pub(super) fn new(library: &'l Library, module: ModuleId) -> TypeReader<'l> {
        TypeReader {
            library,
            module,
            settled: HashMap::new(),
            open: Vec::new(),
            variables: false,
            used: Vec::new(),
            named: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// In the signature of a native function.
    pub(super) fn with_variables(mut self) -> TypeReader<'l> {
        self.variables = true;
        self
    }

    pub(super) fn read(&mut self, written: &TypeExpr) -> Type {
        match &written.kind {
            TypeExprKind::Name(name) => self.named(name),
            TypeExprKind::List { of, .. } => Type::list(self.read(of)),
            TypeExprKind::Record(fields) => Type::Record(self.fields(fields)),
            TypeExprKind::Closed(labels) => self.closed(labels),
            TypeExprKind::Optional(of) => self.read(of).optional(),
            TypeExprKind::Function(from, to) => {
                if !self.variables {
                    self.diagnostics.push(
                        error(codes::MISPLACED, written.span, "a value cannot be a function")
                            .help("only native functions of the standard library take functions"),
                    );
                    return Type::Unknown;
                }
                let from = from.iter().map(|kind| self.read(kind)).collect();
                Type::Function(from, Arc::new(self.read(to)))
            }
            TypeExprKind::Broken => Type::Unknown,
        }
    }

    pub(super) fn fields(&mut self, written: &[TypeField]) -> Arc<[Field]> {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let mut fields = Vec::with_capacity(written.len());
        for field in written {
            if let Some(earlier) = seen.insert(&field.name.value, field.name.span) {
                self.diagnostics.push(super::loading::twice(&field.name.value, field.name.span, earlier));
                continue;
            }
            fields.push(Field { name: field.name.value.clone(), kind: self.read(&field.kind) });
            self.named.push(field.name.clone());
        }
        fields.into()
    }

    fn closed(&mut self, labels: &[Name]) -> Type {
        let mut seen = BTreeSet::new();
        for label in labels {
            if builtin(&label.value).is_some() {
                self.diagnostics.push(
                    error(
                        codes::NOT_A_LABEL,
                        label.span,
                        format!("`{}` is a type, not a label", label.value),
                    )
                    .help("a closed set lists labels; a value is of one type only"),
                );
                return Type::Unknown;
            }
            if !seen.insert(&*label.value) {
                self.diagnostics.push(
                    error(
                        codes::DUPLICATE_NAME,
                        label.span,
                        format!("the label `{}` stands twice", label.value),
                    )
                    .help("remove one of them"),
                );
            }
        }
        let mut distinct: Vec<Arc<str>> = Vec::with_capacity(labels.len());
        for label in labels {
            if !distinct.contains(&label.value) {
                distinct.push(label.value.clone());
            }
        }
        Type::Closed(distinct.into())
    }

    fn named(&mut self, name: &Name) -> Type {
        if let Some(kind) = builtin(&name.value) {
            return kind;
        }
        if self.variables && is_variable(&name.value) {
            return Type::Variable(name.value.clone());
        }
        let Some(found) = self.library.named_type(self.module, &name.value) else {
            if !self.library.module(self.module).broken.contains(&name.value) {
                self.unknown(name);
            }
            return Type::Unknown;
        };
        self.used.push(found.through.unwrap_or(found.span));
        self.alias(found.what, name)
    }

    fn alias(&mut self, item: ItemId, name: &Name) -> Type {
        if let Some(kind) = self.library.types.get(&item).or_else(|| self.settled.get(&item)) {
            return kind.clone();
        }
        if let Some(at) = self.open.iter().position(|open| *open == item) {
            let mut chain: Vec<&str> = self.open[at..].iter().map(|open| self.name_of(*open)).collect();
            chain.push(self.name_of(item));
            let chain = chain.join(" -> ");
            self.diagnostics.push(
                error(
                    codes::RECURSIVE_TYPE,
                    name.span,
                    format!("the type `{}` holds itself: {chain}", name.value),
                )
                .help("a type has a fixed depth; use `json` for what nests freely"),
            );
            return Type::Unknown;
        }
        let ItemKind::Type(kind) = &self.library.item(item).kind else { return Type::Unknown };
        if self.open.len() >= DEEPEST / 4 {
            self.diagnostics.push(
                error(codes::NESTED_TOO_DEEP, name.span, "types go through each other too many levels deep")
                    .help("let fewer of them go through each other"),
            );
            return Type::Unknown;
        }
        self.open.push(item);
        let here = std::mem::replace(&mut self.module, item.module);
        let read = self.read(&kind.kind);
        self.module = here;
        self.open.pop();
        self.settled.insert(item, read.clone());
        read
    }

    fn name_of(&self, item: ItemId) -> &'l str {
        match &self.library.item(item).kind {
            ItemKind::Type(kind) => &kind.name.value,
            _ => "",
        }
    }

    fn unknown(&mut self, name: &Name) {
        let problem = error(codes::UNKNOWN_TYPE, name.span, format!("no type `{}`", name.value));
        let problem = if capability(&name.value).is_some() {
            problem.help(format!("`{}` is what a model can do, not a type of values", name.value))
        } else {
            let own = self.library.module(self.module);
            let mut known: Vec<(&str, Option<Span>)> =
                own.types.iter().map(|(name, named)| (&**name, Some(named.span))).collect();
            known.sort_unstable_by_key(|(name, _)| *name);
            known.extend(BUILTIN.iter().map(|(name, _)| (*name, None)));
            suggest(problem, &name.value, "there are", known)
        };
        self.diagnostics.push(problem);
    }
}

const BUILTIN: [(&str, Type); 9] = [
    ("text", Type::Text),
    ("int", Type::Int),
    ("float", Type::Float),
    ("bool", Type::Bool),
    ("date", Type::Date),
    ("image", Type::Image),
    ("json", Type::Json),
    ("turns", Type::Turns),
    ("path", Type::Path),
];

/// The type that a word stands for in every file.
pub(super) fn builtin(name: &str) -> Option<Type> {
    match name {
        // What `row_id()` gives; written only in signatures.
        "id" => Some(Type::Id),
        _ => BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.clone()),
    }
}

/// The capability that a word stands for.
pub(super) fn capability(name: &str) -> Option<Capability> {
    CAPABILITIES.iter().find(|(known, _)| *known == name).map(|(_, capability)| *capability)
}

pub(super) const CAPABILITIES: [(&str, Capability); 6] = [
    ("chat", Capability::Chat),
    ("vision", Capability::Vision),
    ("image", Capability::Image),
    ("embed", Capability::Embed),
    ("classify", Capability::Classify),
    ("search", Capability::Search),
];

/// The word for a capability.
pub(super) fn capability_word(capability: Capability) -> &'static str {
    CAPABILITIES.iter().find(|(_, known)| *known == capability).map_or("page", |(word, _)| word)
}

fn is_variable(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_uppercase()) && letters.next().is_none()
}

/// The smallest type that both fit, where there is one.
pub(super) fn join(one: &Type, other: &Type) -> Option<Type> {
    match (one, other) {
        (Type::Unknown, kind) | (kind, Type::Unknown) => Some(kind.clone()),
        (Type::Missing, Type::Missing) => Some(Type::Missing),
        (Type::Missing, kind) | (kind, Type::Missing) => Some(kind.clone().optional()),
        (Type::Optional(one), Type::Optional(other)) => Some(join(one, other)?.optional()),
        (Type::Optional(one), other) | (other, Type::Optional(one)) => Some(join(one, other)?.optional()),
        (Type::Closed(one), Type::Closed(other)) => {
            let mut labels = one.to_vec();
            labels.extend(other.iter().filter(|label| !one.contains(label)).cloned());
            Some(Type::Closed(labels.into()))
        }
        (Type::List(one), Type::List(other)) => Some(Type::list(join(one, other)?)),
        (Type::Record(a), Type::Record(b)) if a.len() == b.len() => {
            let fields: Option<Vec<Field>> = a
                .iter()
                .zip(b.iter())
                .map(|(a, b)| {
                    let kind = (a.name == b.name).then(|| join(&a.kind, &b.kind)).flatten()?;
                    Some(Field { name: a.name.clone(), kind })
                })
                .collect();
            Some(Type::Record(fields?.into()))
        }
        (one, other) if one.accepts(other) => Some(one.clone()),
        (one, other) if other.accepts(one) => Some(other.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_join_to_float_and_missing_to_optional() {
        assert_eq!(join(&Type::Int, &Type::Float), Some(Type::Float));
        assert_eq!(join(&Type::Int, &Type::Missing), Some(Type::Int.optional()));
        assert_eq!(join(&Type::Int, &Type::Text), None);
    }

    #[test]
    fn closed_sets_join_to_all_their_labels() {
        let set = |labels: &[&str]| Type::Closed(labels.iter().map(|label| Arc::from(*label)).collect());
        assert_eq!(join(&set(&["a", "b"]), &set(&["b", "c"])), Some(set(&["a", "b", "c"])));
        assert_eq!(join(&set(&["a"]), &Type::Text), Some(Type::Text));
    }
}
