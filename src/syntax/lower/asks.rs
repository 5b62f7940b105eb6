//! `ask` and `scripted`.

use super::parts::Parts;
use super::{Lowered, Lowering, mismatch};
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::tree::{Arm, Ask, AskBody, AskClause, AskClauseKind, ExprKind, Guard};

impl Lowering<'_> {
    pub(super) fn ask(&mut self, pair: Pair<'_>) -> Lowered<ExprKind> {
        let mut parts = Parts::of(pair);
        let model = parts.accept(Rule::name).map(|name| self.name(&name));
        let body = match parts.accept(Rule::ask_clauses) {
            Some(clauses) => {
                let clauses = Parts::of(clauses).map(|clause| self.ask_clause(clause));
                AskBody::Clauses(clauses.collect::<Lowered<_>>()?)
            }
            None => AskBody::Short(self.string(parts.part()?)?),
        };
        Ok(ExprKind::Ask(Box::new(Ask { model, body })))
    }

    fn ask_clause(&mut self, pair: Pair<'_>) -> Lowered<AskClause> {
        let span = self.span(&pair);
        let clause = Parts::of(pair).part()?;
        let mut inner = Parts::of(clause.clone());
        let parts = &mut inner;
        let kind = match clause.as_rule() {
            Rule::system => AskClauseKind::System(self.next_expr(parts)?),
            Rule::user => AskClauseKind::User(self.next_expr(parts)?),
            Rule::turns => AskClauseKind::Turns(self.next_expr(parts)?),
            Rule::image => AskClauseKind::Image(self.next_expr(parts)?),
            Rule::returns => AskClauseKind::Returns(self.next_type(parts)?),
            Rule::reason_first => AskClauseKind::ReasonFirst,
            Rule::retry => {
                AskClauseKind::Retry { times: self.next_expr(parts)?, until: self.optional_expr(parts)? }
            }
            Rule::otherwise => AskClauseKind::Otherwise(self.otherwise(clause)?),
            Rule::samples => AskClauseKind::Samples(self.next_expr(parts)?),
            Rule::setting => {
                let (name, value) = self.setting(parts)?;
                AskClauseKind::Setting { name, value }
            }
            _ => return mismatch(&clause),
        };
        Ok(AskClause { kind, span })
    }

    pub(super) fn scripted(&mut self, pair: Pair<'_>) -> Lowered<ExprKind> {
        let mut parts = Parts::of(pair);
        let arguments = parts.accept(Rule::arguments);
        let arguments = arguments.map_or(Ok(Vec::new()), |arguments| self.arguments(arguments))?;
        let arms = Parts::of(parts.expect(Rule::arms)?).map(|arm| self.arm(arm)).collect::<Lowered<_>>()?;
        Ok(ExprKind::Scripted { arguments, arms })
    }

    fn arm(&mut self, pair: Pair<'_>) -> Lowered<Arm> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let guard = Parts::of(parts.expect(Rule::guard)?).part()?;
        let guard = match guard.as_rule() {
            Rule::otherwise_arm => Guard::Always,
            Rule::number => Guard::Share(self.share(&guard)),
            _ => Guard::When(self.operation(guard)?),
        };
        Ok(Arm { guard, reply: self.next_expr(&mut parts)?, span })
    }
}
