//! All files of a compilation with their names: loaded once, read by every check.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::{SourceId, Span, Spanned};
use crate::syntax::tree::{self, File, ItemKind, NodeKind};

use super::program::Capability;

/// Place of a file in [`Library::modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ModuleId(pub(super) u32);

impl ModuleId {
    pub(super) const ROOT: ModuleId = ModuleId(0);
    pub(super) const PRELUDE: ModuleId = ModuleId(1);
}

/// Place of an item: its file and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ItemId {
    pub(super) module: ModuleId,
    pub(super) item: u32,
}

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Callable {
    Function(ItemId),
    Stage(ItemId),
}

/// What stands for a value, a model or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Param(u32),
    Model(u32),
    Node(u32),
}

/// A name with the place to mark as used when it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<T> {
    pub(super) what: T,
    /// Where it is defined.
    pub(super) span: Span,
    /// The place in a `use` that brought it here.
    pub(super) through: Option<Span>,
}

/// One file and its names. Types, things to call and the rest are looked up apart, because no
/// place takes two of them.
pub(super) struct Module {
    pub(super) file: Arc<File>,
    pub(super) source: SourceId,
    /// Before the names of its native functions.
    pub(super) native: Arc<str>,
    /// Ships in the binary.
    pub(super) standard: bool,
    pub(super) types: HashMap<Arc<str>, Named<ItemId>>,
    pub(super) callables: HashMap<Arc<str>, Named<Callable>>,
    pub(super) things: HashMap<Arc<str>, Named<Thing>>,
    pub(super) modules: HashMap<Arc<str>, Named<ModuleId>>,
    /// Names that a `use` could not bring: told there, and not again where they are used.
    pub(super) broken: HashSet<Arc<str>>,
}

/// What a function or stage takes and gives.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) name: Arc<str>,
    pub(super) parameters: Vec<SignatureParameter>,
    pub(super) returns: Returns,
}

#[derive(Debug)]
pub(super) struct SignatureParameter {
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) kind: ParameterKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ParameterKind {
    Value(Type),
    Model(Capability),
}

#[derive(Debug)]
pub(super) enum Returns {
    Value(Type),
    /// A list of variations: such a function is written out where it is used.
    Variations,
    /// A stage: the columns it adds.
    Columns(Vec<(Arc<str>, Type)>),
}

pub(super) struct Library {
    pub(super) modules: Vec<Module>,
    pub(super) signatures: HashMap<ItemId, Signature>,
    pub(super) types: HashMap<ItemId, Type>,
    /// Names that types and signatures mention.
    pub(super) used: HashSet<Span>,
    /// Fields of records that types and signatures declare.
    pub(super) fields: Vec<tree::Name>,
    /// Where a stage is read that no node uses.
    pub(super) blank: tree::Node,
}

impl Default for Library {
    fn default() -> Library {
        let blank = tree::Node {
            kind: Spanned::new(NodeKind::Curate, Span::default()),
            name: Spanned::new("".into(), Span::default()),
            from: Vec::new(),
            to: Vec::new(),
            by: Vec::new(),
            vote: None,
            steps: Vec::new(),
        };
        Library {
            modules: Vec::new(),
            fields: Vec::new(),
            signatures: HashMap::new(),
            types: HashMap::new(),
            used: HashSet::new(),
            blank,
        }
    }
}

impl Library {
    pub(super) fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    pub(super) fn item(&self, id: ItemId) -> &tree::Item {
        &self.module(id.module).file.items[id.item as usize]
    }

    pub(super) fn function(&self, id: ItemId) -> Option<&tree::Function> {
        match &self.item(id).kind {
            ItemKind::Function(function) => Some(function),
            _ => None,
        }
    }

    pub(super) fn stage(&self, id: ItemId) -> Option<&tree::Stage> {
        match &self.item(id).kind {
            ItemKind::Stage(stage) => Some(stage),
            _ => None,
        }
    }

    /// What a name calls, seen from a file: its own names, then the prelude's.
    pub(super) fn callable(&self, module: ModuleId, name: &str) -> Option<Named<Callable>> {
        if let Some((prefix, last)) = name.rsplit_once('.') {
            let through = self.submodule(module, prefix)?;
            return self.module(through.what).callables.get(last).map(|named| Named {
                what: named.what,
                span: named.span,
                through: through.through.or(Some(through.span)),
            });
        }
        let own = self.module(module).callables.get(name);
        own.or_else(|| self.module(ModuleId::PRELUDE).callables.get(name)).copied()
    }

    /// A file by the name that a `use` gave it.
    pub(super) fn submodule(&self, module: ModuleId, name: &str) -> Option<Named<ModuleId>> {
        self.module(module).modules.get(name).copied()
    }

    /// A type by name, with what its `use` or declaration is marked by.
    pub(super) fn named_type(&self, module: ModuleId, name: &str) -> Option<Named<ItemId>> {
        if let Some((prefix, last)) = name.rsplit_once('.') {
            let through = self.submodule(module, prefix)?;
            return self.module(through.what).types.get(last).map(|named| Named {
                what: named.what,
                span: named.span,
                through: Some(through.span),
            });
        }
        let own = self.module(module).types.get(name);
        own.or_else(|| self.module(ModuleId::PRELUDE).types.get(name)).copied()
    }
}
