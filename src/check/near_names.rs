//! Variations that go by two names which differ by a letter: one of them is a slip, and their rows
//! would never stand side by side.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Sources;
use crate::syntax::tree::{Expr, ExprKind, File, Name};

use super::codes;
use super::complaint::{Explained, error};
use super::suspects::one_letter_apart;

/// Pairs of such names, told once each.
pub(super) fn near_names(file: &File, sources: &Sources) -> Vec<Diagnostic> {
    let mut named: Vec<(Arc<str>, &Name)> = Vec::new();
    for part in file.items.iter().flat_map(|item| item.kind.parts()) {
        renamed(part, sources, &mut named);
    }
    let mut told = Vec::new();
    let mut known: HashMap<Arc<str>, Vec<&Name>> = HashMap::new();
    for (written, name) in named {
        let earlier = known.entry(written.clone()).or_default();
        let near = earlier.iter().find(|earlier| one_letter_apart(&name.value, &earlier.value)).copied();
        if !earlier.iter().any(|earlier| earlier.value == name.value) {
            earlier.push(name);
        }
        if let Some(earlier) = near {
            let message =
                format!("`{written}` goes by `{}` here and by `{}` elsewhere", name.value, earlier.value);
            told.push(
                error(codes::NEAR_NAMES, name.span, message)
                    .also(earlier.span, "the other name")
                    .help("give it one name; or two that tell a reader what is different about them"),
            );
        }
    }
    told
}

/// What stands in lists under a name of its own, as it is written.
fn renamed<'t>(expr: &'t Expr, sources: &Sources, named: &mut Vec<(Arc<str>, &'t Name)>) {
    if let ExprKind::List(items) = &expr.kind {
        for item in items {
            if let Some(name) = &item.rename {
                let words: Vec<&str> = sources.text(item.value.span).split_whitespace().collect();
                named.push((words.join(" ").into(), name));
            }
        }
    }
    expr.parts().into_iter().for_each(|part| renamed(part, sources, named));
}
