//! Expressions, with what is asked of models and how planted ones answer.

use std::sync::Arc;

use super::{Name, NamedExpr, Otherwise, TypeExpr};
use crate::diagnostics::source::{Span, Spanned};

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string; every string is a template.
    Template(Template),
    /// A column, local, parameter, label, model, function or node.
    Name(Arc<str>),
    /// `[a, b as name]`; a name is for variations
    List(Vec<ListItem>),
    /// `{ a = 1, b = 2 }`
    Record(Vec<NamedExpr>),
    /// `a.b`
    Field(Box<Expr>, Name),
    /// `a[0]`, and `refusal.rta[model == "x"]` in tests
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, name = b)`; the function is a name or a dotted name
    Call {
        function: Name,
        arguments: Vec<Argument>,
    },
    /// `x.f(a)`, the same as `f(x, a)`
    Method {
        receiver: Box<Expr>,
        function: Name,
        arguments: Vec<Argument>,
    },
    /// `x => EXPR`, `(x, y) => EXPR`
    Lambda {
        parameters: Vec<Name>,
        body: Box<Expr>,
    },
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    Binary {
        operator: Spanned<BinaryOperator>,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Unary {
        operator: Spanned<UnaryOperator>,
        operand: Box<Expr>,
    },
    /// `x is missing` (`present: false`) or `x is present`
    IsPresent {
        operand: Box<Expr>,
        present: bool,
    },
    Ask(Box<Ask>),
    /// `scripted("cautious") { 0.8 => "no"  when COND => "yes"  _ => "perhaps" }`
    Scripted {
        arguments: Vec<Argument>,
        arms: Vec<Arm>,
    },
    /// In parentheses; kept for the formatter.
    Parenthesised(Box<Expr>),
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListItem {
    pub value: Expr,
    pub rename: Option<Name>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    /// `a ?? b`: b where a is missing
    Else,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnaryOperator {
    Not,
    Negate,
}

/// A string with its holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub parts: Vec<TemplatePart>,
    /// Written with three quotes: indentation common to all lines is not part of the text.
    pub block: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// With escapes resolved.
    Text(Arc<str>),
    Hole(Expr),
}

/// `ask MODEL STRING`, `ask MODEL { clauses }`, `ask { clauses }` (the judge of the node)
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub model: Option<Name>,
    pub body: AskBody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AskBody {
    Short(Expr),
    Clauses(Vec<AskClause>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct AskClause {
    pub kind: AskClauseKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AskClauseKind {
    System(Expr),
    User(Expr),
    Turns(Expr),
    Image(Expr),
    Returns(TypeExpr),
    /// `reason first`
    ReasonFirst,
    /// `retry 3`, `retry 3 until words(it) > 4`
    Retry {
        times: Expr,
        until: Option<Expr>,
    },
    Otherwise(Otherwise),
    Samples(Expr),
    Setting {
        name: Name,
        value: Expr,
    },
    Broken,
}

/// One arm of a scripted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    pub guard: Guard,
    pub reply: Expr,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// `0.8 =>`: with this probability, drawn once a row.
    Share(Spanned<f64>),
    /// `when COND =>`
    When(Expr),
    /// `_ =>`
    Always,
}
