//! Types as they are written.

use super::{Docs, Name};
use crate::diagnostics::source::{Span, Spanned};

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    pub kind: TypeExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `text`, `question`, `chat`, or a single label of a closed set: `check` says which.
    Name(Name),
    /// `list<T> up to 5`
    List {
        of: Box<TypeExpr>,
        most: Option<Spanned<i64>>,
    },
    Record(Vec<TypeField>),
    /// `refused | complied`
    Closed(Vec<Name>),
    Optional(Box<TypeExpr>),
    /// `(A, B) => C` in native signatures
    Function(Vec<TypeExpr>, Box<TypeExpr>),
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypeField {
    pub docs: Docs,
    pub name: Name,
    pub kind: TypeExpr,
}
