//! `search` and `fetch`: what the web has.

use crate::data::types::Type;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Name};

use super::super::checker::Checker;
use super::super::nodes::Building;
use super::super::program::{Capability, ModelRef, Otherwise, StepKind};
use super::super::scripted::page;

/// A `search` step without the name of its column.
pub(super) struct Searching<'t> {
    pub(super) model: &'t Name,
    pub(super) query: &'t tree::Expr,
    pub(super) top: Option<&'t tree::Expr>,
    pub(super) images: bool,
    pub(super) otherwise: Option<&'t tree::Otherwise>,
}

/// Hits where a `search` states no number.
const USUAL_HITS: u32 = 10;

impl<'l> Checker<'l> {
    pub(super) fn search(
        &mut self,
        building: &mut Building<'l>,
        search: &Searching<'_>,
        name: &Name,
        span: Span,
    ) {
        let found = if search.images { Type::Image } else { page() };
        let mut scope = building.scope();
        let model = self.model(&mut scope, search.model, Capability::Search);
        let query = self.wanted(&mut scope, search.query, &Type::Text, "the query");
        let top = match search.top {
            Some(top) => self.count(&mut scope, top, "top", 1).unwrap_or(USUAL_HITS),
            None => USUAL_HITS,
        };
        let otherwise = self.instead(&mut scope, search.otherwise, &found);
        let frame = scope.frame;
        if let Some(model) = model {
            let images = search.images;
            self.push(building, StepKind::Search { model, query, top, images, otherwise }, frame, span);
        }
        self.add(building, name, found, None);
    }

    pub(super) fn fetch(
        &mut self,
        building: &mut Building<'l>,
        address: &tree::Expr,
        name: &Name,
        otherwise: Option<&tree::Otherwise>,
        span: Span,
    ) {
        let page_model = self.page_model();
        let mut scope = building.scope();
        let address = self.wanted(&mut scope, address, &Type::Text, "the address");
        let otherwise = self.instead(&mut scope, otherwise, &page());
        let frame = scope.frame;
        let page_ref = ModelRef::Declared(page_model);
        self.push(building, StepKind::Fetch { page: page_ref, address, otherwise }, frame, span);
        self.add(building, name, page(), None);
    }

    fn instead(
        &mut self,
        scope: &mut super::super::scope::Scope<'_>,
        written: Option<&tree::Otherwise>,
        kind: &Type,
    ) -> Otherwise {
        match written {
            Some(tree::Otherwise::Value(value)) => {
                Otherwise::Value(self.wanted(scope, value, kind, "the value after `otherwise`"))
            }
            Some(other) => self.otherwise(scope, other, kind).0,
            None => Otherwise::Fail,
        }
    }
}
