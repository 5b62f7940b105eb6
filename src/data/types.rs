//! The types of the language.

use std::fmt;
use std::sync::Arc;

/// What a value may be. Known for every column before anything runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Text,
    Int,
    Float,
    Bool,
    Date,
    Image,
    /// Anything that JSON can say.
    Json,
    /// A conversation.
    Turns,
    /// The name of a file, resolved against the pipeline's folder.
    Path,
    /// The identity of a row.
    Id,
    List(Arc<Type>),
    Record(Arc<[Field]>),
    /// One of these labels and nothing else, in the order they were declared.
    Closed(Arc<[Arc<str>]>),
    /// A value that may be missing.
    Optional(Arc<Type>),
    /// The type of `missing` itself, which fits every optional.
    Missing,
    /// A function from these to that; only in the signatures of native functions.
    Function(Arc<[Type]>, Arc<Type>),
    /// A type that the caller settles; only in the signatures of native functions.
    Variable(Arc<str>),
    /// After an error that was already told: agrees with everything, so that it is told once.
    Unknown,
}

/// A named part of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub name: Arc<str>,
    pub kind: Type,
}

impl Type {
    pub fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::Missing | Type::Unknown => self,
            present => Type::Optional(Arc::new(present)),
        }
    }

    /// The type of the value when it is there.
    pub fn present(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }

    pub fn is_optional(&self) -> bool {
        matches!(self, Type::Optional(_) | Type::Missing)
    }

    pub fn record(fields: impl IntoIterator<Item = (Arc<str>, Type)>) -> Type {
        Type::Record(fields.into_iter().map(|(name, kind)| Field { name, kind }).collect())
    }

    /// The record's field of that name, with its place.
    pub fn field(&self, name: &str) -> Option<(usize, &Type)> {
        match self {
            Type::Record(fields) => fields
                .iter()
                .enumerate()
                .find(|(_, field)| &*field.name == name)
                .map(|(at, field)| (at, &field.kind)),
            _ => None,
        }
    }

    /// Whether a value of type `other` may stand where this type is wanted: equal, an int for a
    /// float, text for a path, a present value for an optional, a smaller closed set for a larger.
    pub fn accepts(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Unknown, _) | (_, Type::Unknown) => true,
            (Type::Optional(_), Type::Missing) => true,
            (Type::Optional(wanted), Type::Optional(given)) => wanted.accepts(given),
            (Type::Optional(wanted), given) => wanted.accepts(given),
            (Type::Float, Type::Int) | (Type::Path, Type::Text) => true,
            (Type::Text, Type::Closed(_)) => true,
            (Type::Json, given) => !matches!(given, Type::Image | Type::Function(..)),
            (Type::List(wanted), Type::List(given)) => wanted.accepts(given),
            (Type::Record(wanted), Type::Record(given)) => {
                wanted.len() == given.len()
                    && wanted
                        .iter()
                        .zip(given.iter())
                        .all(|(w, g)| w.name == g.name && w.kind.accepts(&g.kind))
            }
            (Type::Closed(wanted), Type::Closed(given)) => given.iter().all(|label| wanted.contains(label)),
            (wanted, given) => wanted == given,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Text => f.write_str("text"),
            Type::Int => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::Bool => f.write_str("bool"),
            Type::Date => f.write_str("date"),
            Type::Image => f.write_str("image"),
            Type::Json => f.write_str("json"),
            Type::Turns => f.write_str("turns"),
            Type::Path => f.write_str("path"),
            Type::Id => f.write_str("row identity"),
            Type::List(of) => write!(f, "list<{of}>"),
            Type::Record(fields) => {
                f.write_str("{ ")?;
                for (at, field) in fields.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{}: {}", field.name, field.kind)?;
                }
                f.write_str(" }")
            }
            Type::Closed(labels) => f.write_str(&labels.join(" | ")),
            Type::Optional(of) => match **of {
                Type::Closed(_) => write!(f, "({of})?"),
                _ => write!(f, "{of}?"),
            },
            Type::Missing => f.write_str("missing"),
            Type::Function(from, to) => {
                let from: Vec<String> = from.iter().map(Type::to_string).collect();
                write!(f, "({}) => {to}", from.join(", "))
            }
            Type::Variable(name) => f.write_str(name),
            Type::Unknown => f.write_str("unknown"),
        }
    }
}
