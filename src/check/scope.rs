//! What names mean at one place.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::Span;

use super::gather::Gather;
use super::library::ModuleId;
use super::program::{Capability, Expr, Local, ModelRef, Slot};

/// A checked expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) kind: Type,
}

impl Typed {
    pub(super) fn new(expr: Expr, kind: Type) -> Typed {
        Typed { expr, kind }
    }

    /// Stands for what was told to be wrong.
    pub(super) fn unknown() -> Typed {
        Typed { expr: Expr::Constant(crate::data::value::Value::Missing), kind: Type::Unknown }
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.kind == Type::Unknown
    }
}

/// A column inside `origin`, with the `let` that made it.
pub(super) type Part = (Arc<str>, Option<Span>);

/// A column as it is known inside a node.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) kind: Type,
    pub(super) slot: Slot,
    /// Carries the identity of an ancestor's row; cannot be named.
    pub(super) hidden: bool,
    /// Where it is named first.
    pub(super) place: Option<Span>,
    /// The `let` that made it, to be marked when it is used.
    pub(super) defined: Option<Span>,
    /// Of `origin`: where the columns inside it were made.
    pub(super) parts: Option<Arc<[Part]>>,
    /// Made of a reply of a model under test, so that it differs from model to model.
    pub(super) of_reply: bool,
    /// The `replace` that left it out: reading it is an error.
    pub(super) absent: Option<Span>,
}

impl Column {
    pub(super) fn new(name: Arc<str>, kind: Type, slot: Slot) -> Column {
        Column {
            name,
            kind,
            slot,
            hidden: false,
            place: None,
            defined: None,
            parts: None,
            of_reply: false,
            absent: None,
        }
    }
}

/// A step that makes several rows of one.
#[derive(Clone, Debug)]
pub(super) struct Multiple {
    /// What tells the rows apart.
    pub(super) column: Arc<str>,
    pub(super) place: Span,
    /// The node whose rows it multiplies, where it is another one than its own.
    pub(super) of: Option<Arc<str>>,
}

/// Which columns a row may have beside those that are known, because what may have made them was told
/// to be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    None,
    /// Those of these names.
    Of(BTreeSet<Arc<str>>),
    /// Any.
    Whole,
}

/// A row as it stands at a step.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The table that errors name.
    pub(super) owner: Arc<str>,
    pub(super) columns: Vec<Column>,
    /// Slots taken, nameable or not.
    pub(super) width: u32,
    pub(super) doubt: Doubt,
    /// What makes several rows of one, up to here.
    pub(super) multiples: Vec<Multiple>,
}

impl Row {
    pub(super) fn new(owner: Arc<str>) -> Row {
        Row { owner, columns: Vec::new(), width: 0, doubt: Doubt::None, multiples: Vec::new() }
    }

    /// Whether a column of that name may be there although none is known.
    pub(super) fn may_have(&self, name: &str) -> bool {
        match &self.doubt {
            Doubt::None => false,
            Doubt::Of(names) => names.contains(name),
            Doubt::Whole => true,
        }
    }

    /// Whether all its columns are known.
    pub(super) fn is_certain(&self) -> bool {
        self.doubt == Doubt::None
    }

    /// More columns may be there from here on.
    pub(super) fn doubt(&mut self, more: Doubt) {
        self.doubt = match (std::mem::replace(&mut self.doubt, Doubt::None), more) {
            (Doubt::Whole, _) | (_, Doubt::Whole) => Doubt::Whole,
            (Doubt::None, one) | (one, Doubt::None) => one,
            (Doubt::Of(mut names), Doubt::Of(more)) => {
                names.extend(more);
                Doubt::Of(names)
            }
        };
    }

    /// The visible column of that name.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| !column.hidden && &*column.name == name)
    }

    /// The column that carries the identity of an ancestor's row.
    pub(super) fn lineage(&self, ancestor: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.hidden && column.name.strip_prefix('@') == Some(ancestor))
    }

    pub(super) fn visible(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.hidden)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.visible().map(|column| &*column.name)
    }

    /// The names of the visible columns with where each comes from.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, Option<Span>)> {
        self.visible().map(|column| (&*column.name, column.place))
    }

    /// Takes the next slot.
    pub(super) fn slot(&mut self) -> Slot {
        self.width += 1;
        Slot(self.width - 1)
    }
}

/// A model that goes by another name here: a function's or a stage's parameter.
#[derive(Clone, Debug)]
pub(super) struct ScopeModel {
    pub(super) name: Arc<str>,
    pub(super) model: ModelRef,
    pub(super) capability: Capability,
    pub(super) defined: Option<Span>,
}

#[derive(Clone, Debug)]
pub(super) enum LocalValue {
    Local(Local),
    /// Written out where it is named.
    Inline(Expr),
}

#[derive(Clone, Debug)]
pub(super) struct LocalName {
    pub(super) name: Arc<str>,
    pub(super) value: LocalValue,
    pub(super) kind: Type,
    pub(super) defined: Option<Span>,
}

/// Everything that a name may stand for at one place, and the numbers given out there.
pub(super) struct Scope<'a> {
    pub(super) module: ModuleId,
    pub(super) row: Option<&'a Row>,
    pub(super) models: &'a [ScopeModel],
    /// Who judges here and what they can do, where a judge is meant without a name.
    pub(super) judge: Option<(ModelRef, Capability)>,
    pub(super) locals: Vec<LocalName>,
    /// Locals given out.
    pub(super) frame: u32,
    /// Asks and calls given a number.
    pub(super) sites: u32,
    /// Random natives given a number.
    pub(super) randoms: u32,
    /// Why no model may be asked here.
    pub(super) quiet: Option<&'static str>,
    /// Expressions over many rows: what they gather.
    pub(super) gather: Option<Gather<'a>>,
    /// `baseline(...)` may be written: a measure that has a baseline.
    pub(super) baseline: bool,
}

impl<'a> Scope<'a> {
    /// Nothing but the names of a file.
    pub(super) fn bare(module: ModuleId) -> Scope<'a> {
        Scope {
            module,
            row: None,
            models: &[],
            judge: None,
            locals: Vec::new(),
            frame: 0,
            sites: 0,
            randoms: 0,
            quiet: None,
            gather: None,
            baseline: false,
        }
    }

    /// The columns of a row too.
    pub(super) fn over(module: ModuleId, row: &'a Row) -> Scope<'a> {
        Scope { row: Some(row), ..Scope::bare(module) }
    }

    /// Gives out the next local without a name.
    pub(super) fn local(&mut self) -> Local {
        self.frame += 1;
        Local(self.frame - 1)
    }

    /// Gives out the next local under a name.
    pub(super) fn bind(&mut self, name: Arc<str>, kind: Type, defined: Option<Span>) -> Local {
        let local = self.local();
        self.locals.push(LocalName { name, value: LocalValue::Local(local), kind, defined });
        local
    }

    pub(super) fn site(&mut self) -> u32 {
        self.sites += 1;
        self.sites - 1
    }

    pub(super) fn random(&mut self) -> u32 {
        self.randoms += 1;
        self.randoms - 1
    }

    /// The innermost local of that name.
    pub(super) fn named(&self, name: &str) -> Option<&LocalName> {
        self.locals.iter().rev().find(|local| &*local.name == name)
    }
}
