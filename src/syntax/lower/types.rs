//! Types as written.

use super::parts::Parts;
use super::{Lowered, Lowering, mismatch};
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::tree::{TypeExpr, TypeExprKind, TypeField};

impl Lowering<'_> {
    pub(super) fn next_type(&mut self, parts: &mut Parts<'_>) -> Lowered<TypeExpr> {
        self.type_expr(parts.expect(Rule::type_expr)?)
    }

    pub(super) fn type_expr(&mut self, pair: Pair<'_>) -> Lowered<TypeExpr> {
        let span = self.span(&pair);
        if !self.descend(1, span) {
            return Ok(TypeExpr { kind: TypeExprKind::Broken, span });
        }
        let mut parts = Parts::of(pair);
        let core = parts.part()?;
        let core_span = self.span(&core);
        let kind = self.type_core(core)?;
        self.ascend(1);
        if parts.accept(Rule::optional).is_none() {
            return Ok(TypeExpr { kind, span });
        }
        let kind = TypeExprKind::Optional(Box::new(TypeExpr { kind, span: core_span }));
        Ok(TypeExpr { kind, span })
    }

    fn type_core(&mut self, pair: Pair<'_>) -> Lowered<TypeExprKind> {
        Ok(match pair.as_rule() {
            Rule::closed_type => {
                let mut names = self.names(pair);
                match names.pop() {
                    Some(only) if names.is_empty() => TypeExprKind::Name(only),
                    last => TypeExprKind::Closed(names.into_iter().chain(last).collect()),
                }
            }
            Rule::list_type => {
                let mut parts = Parts::of(pair);
                let of = Box::new(self.next_type(&mut parts)?);
                let most = parts.accept(Rule::number).map(|most| self.whole_number(&most));
                TypeExprKind::List { of, most }
            }
            Rule::record_type => TypeExprKind::Record(self.record_type(pair)?),
            Rule::function_type => {
                let mut types =
                    Parts::of(pair).map(|part| self.type_expr(part)).collect::<Lowered<Vec<_>>>()?;
                match types.pop() {
                    Some(returns) => TypeExprKind::Function(types, Box::new(returns)),
                    None => TypeExprKind::Broken,
                }
            }
            _ => return mismatch(&pair),
        })
    }

    pub(super) fn record_type(&mut self, pair: Pair<'_>) -> Lowered<Vec<TypeField>> {
        let fields = Parts::of(pair).map(|field| {
            let mut parts = Parts::of(field);
            Ok(TypeField {
                docs: self.docs(&mut parts),
                name: self.next_name(&mut parts)?,
                kind: self.next_type(&mut parts)?,
            })
        });
        fields.collect()
    }
}
