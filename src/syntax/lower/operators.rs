//! Operators and what binds tighter than what.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::parts::Parts;
use super::{Lowered, Lowering, mismatch};
use crate::diagnostics::source::Spanned;
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::mistake::Mistake;
use crate::syntax::tree::{BinaryOperator, Expr, ExprKind, UnaryOperator};

/// From the loosest to the tightest. All but the signs group to the left.
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::fallback))
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(left(Rule::equal)
            | left(Rule::not_equal)
            | left(Rule::less)
            | left(Rule::less_or_equal)
            | left(Rule::greater)
            | left(Rule::greater_or_equal)
            | left(Rule::is_in)
            | left(Rule::not_in)
            | Op::postfix(Rule::is_present))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::remainder))
        .op(Op::prefix(Rule::negate))
});

impl Lowering<'_> {
    pub(super) fn operation(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        let operators = pair.clone().into_inner().filter(|part| part.as_rule() != Rule::chain).count();
        // Most operations are none; the frames of the operator parser would be the greater part of the
        // stack that a nested expression takes.
        if operators == 0 {
            return self.chain(Parts::of(pair).expect(Rule::chain)?);
        }
        if !self.descend(operators, span) {
            return Ok(Expr { kind: ExprKind::Broken, span });
        }
        // pest hands each of its four functions nothing but the pairs; they are lowered in turn.
        let lowering = std::cell::RefCell::new(&mut *self);
        let expr = PRECEDENCE
            .map_primary(|chain| lowering.borrow_mut().chain(chain))
            .map_prefix(|operator, operand| lowering.borrow_mut().unary(&operator, operand?))
            .map_postfix(|operand, operator| lowering.borrow_mut().is_present(operator, operand?))
            .map_infix(|left, operator, right| lowering.borrow_mut().binary(&operator, left?, right?))
            .parse(pair.into_inner());
        self.ascend(operators);
        expr
    }

    fn unary(&mut self, operator: &Pair<'_>, operand: Expr) -> Lowered<Expr> {
        let value = match operator.as_rule() {
            Rule::not => UnaryOperator::Not,
            Rule::negate => UnaryOperator::Negate,
            _ => return mismatch(operator),
        };
        let operator = Spanned::new(value, self.span(operator));
        let span = operator.span.to(operand.span);
        Ok(Expr { kind: ExprKind::Unary { operator, operand: Box::new(operand) }, span })
    }

    fn is_present(&mut self, operator: Pair<'_>, operand: Expr) -> Lowered<Expr> {
        let span = operand.span.to(self.span(&operator));
        if self.refuse_chain(&operand, &operator) {
            return Ok(Expr { kind: ExprKind::Broken, span });
        }
        let present = Parts::of(operator).part()?.as_rule() == Rule::present;
        Ok(Expr { kind: ExprKind::IsPresent { operand: Box::new(operand), present }, span })
    }

    fn binary(&mut self, operator: &Pair<'_>, left: Expr, right: Expr) -> Lowered<Expr> {
        let value = binary_operator(operator)?;
        let span = left.span.to(right.span);
        if is_comparison(value) && self.refuse_chain(&left, operator) {
            return Ok(Expr { kind: ExprKind::Broken, span });
        }
        let operator = Spanned::new(value, self.span(operator));
        let kind = ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
        Ok(Expr { kind, span })
    }

    /// `a < b < c` says something else in every language; here nothing.
    fn refuse_chain(&mut self, left: &Expr, operator: &Pair<'_>) -> bool {
        let compared = match &left.kind {
            ExprKind::Binary { operator, .. } => is_comparison(operator.value),
            ExprKind::IsPresent { .. } => true,
            _ => false,
        };
        if compared {
            let operator = self.span(operator);
            self.report(Mistake::ChainedComparison, operator);
        }
        compared
    }
}

fn binary_operator(pair: &Pair<'_>) -> Lowered<BinaryOperator> {
    Ok(match pair.as_rule() {
        Rule::fallback => BinaryOperator::Else,
        Rule::or => BinaryOperator::Or,
        Rule::and => BinaryOperator::And,
        Rule::equal => BinaryOperator::Equal,
        Rule::not_equal => BinaryOperator::NotEqual,
        Rule::less => BinaryOperator::Less,
        Rule::less_or_equal => BinaryOperator::LessOrEqual,
        Rule::greater => BinaryOperator::Greater,
        Rule::greater_or_equal => BinaryOperator::GreaterOrEqual,
        Rule::is_in => BinaryOperator::In,
        Rule::not_in => BinaryOperator::NotIn,
        Rule::add => BinaryOperator::Add,
        Rule::subtract => BinaryOperator::Subtract,
        Rule::multiply => BinaryOperator::Multiply,
        Rule::divide => BinaryOperator::Divide,
        Rule::remainder => BinaryOperator::Remainder,
        _ => return mismatch(pair),
    })
}

fn is_comparison(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotEqual, NotIn};
    matches!(operator, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | In | NotIn)
}
