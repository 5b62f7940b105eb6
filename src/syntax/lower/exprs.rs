//! Expressions, but for operators and strings.

use std::sync::Arc;

use pest::iterators::Pairs;

use super::parts::Parts;
use super::{DEEPEST, Lowered, Lowering, Mismatch, mismatch};
use crate::diagnostics::source::Span;
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::mistake::Mistake;
use crate::syntax::tree::{Argument, Expr, ExprKind, ListItem, NamedExpr};

impl Lowering<'_> {
    pub(super) fn next_expr(&mut self, parts: &mut Parts<'_>) -> Lowered<Expr> {
        self.expr(parts.expect(Rule::expr)?)
    }

    pub(super) fn optional_expr(&mut self, parts: &mut Parts<'_>) -> Lowered<Option<Expr>> {
        parts.accept(Rule::expr).map(|expr| self.expr(expr)).transpose()
    }

    /// Goes `levels` down the tree; refuses, and reports it once, where that is too deep.
    pub(super) fn descend(&mut self, levels: usize, span: Span) -> bool {
        let fits = self.depth + levels <= DEEPEST;
        if fits {
            self.depth += levels;
        } else if !self.too_deep {
            self.too_deep = true;
            self.report(Mistake::NestedTooDeep, span);
        }
        fits
    }

    pub(super) fn ascend(&mut self, levels: usize) {
        self.depth -= levels;
    }

    /// An expression that is all there is.
    pub(in crate::syntax) fn loose_expr(&mut self, mut pairs: Pairs<'_, Rule>) -> Lowered<Expr> {
        pairs.next().map_or(Err(Mismatch { at: 0 }), |pair| self.expr(pair))
    }

    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        if !self.descend(1, span) {
            return Ok(Expr { kind: ExprKind::Broken, span });
        }
        let inner = Parts::of(pair).part()?;
        let expr = match inner.as_rule() {
            Rule::lambda => Expr { kind: self.lambda(inner)?, span },
            Rule::conditional => Expr { kind: self.conditional(inner)?, span },
            _ => self.operation(inner)?,
        };
        self.ascend(1);
        Ok(expr)
    }

    fn lambda(&mut self, pair: Pair<'_>) -> Lowered<ExprKind> {
        let mut parts = Parts::of(pair);
        let parameters = self.names(parts.expect(Rule::lambda_parameters)?);
        Ok(ExprKind::Lambda { parameters, body: Box::new(self.next_expr(&mut parts)?) })
    }

    fn conditional(&mut self, pair: Pair<'_>) -> Lowered<ExprKind> {
        let mut parts = Parts::of(pair);
        Ok(ExprKind::If {
            condition: Box::new(self.next_expr(&mut parts)?),
            then: Box::new(self.next_expr(&mut parts)?),
            otherwise: Box::new(self.next_expr(&mut parts)?),
        })
    }

    /// A primary expression with its fields, methods and indices.
    pub(super) fn chain(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let primary = parts.part()?;
        let links: Vec<Pair<'_>> = parts.collect();
        let levels = links.len();
        if !self.descend(levels, span) {
            return Ok(Expr { kind: ExprKind::Broken, span });
        }
        let mut expr = self.primary(primary)?;
        for link in links {
            expr = self.link(expr, link)?;
        }
        self.ascend(levels);
        Ok(expr)
    }

    fn link(&mut self, before: Expr, link: Pair<'_>) -> Lowered<Expr> {
        let span = before.span.to(self.span(&link));
        let before = Box::new(before);
        let rule = link.as_rule();
        let mut parts = Parts::of(link.clone());
        let kind = match rule {
            Rule::index => ExprKind::Index(before, Box::new(self.next_expr(&mut parts)?)),
            Rule::field => ExprKind::Field(before, self.name(&parts.expect(Rule::word)?)),
            Rule::method => ExprKind::Method {
                receiver: before,
                function: self.name(&parts.expect(Rule::word)?),
                arguments: self.arguments(parts.expect(Rule::arguments)?)?,
            },
            _ => return mismatch(&link),
        };
        Ok(Expr { kind, span })
    }

    fn primary(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::string | Rule::block_string => return self.string(pair),
            Rule::call => return self.call(pair),
            Rule::list => self.list(pair)?,
            Rule::record => ExprKind::Record(self.record(pair)?),
            Rule::parenthesised => self.parenthesised(pair)?,
            Rule::ask => self.ask(pair)?,
            Rule::scripted => self.scripted(pair)?,
            Rule::number => self.number(&pair),
            Rule::missing => ExprKind::Missing,
            Rule::truth => ExprKind::Bool(pair.as_str() == "true"),
            Rule::name => ExprKind::Name(Arc::from(pair.as_str())),
            _ => return mismatch(&pair),
        };
        Ok(Expr { kind, span })
    }

    fn parenthesised(&mut self, pair: Pair<'_>) -> Lowered<ExprKind> {
        Ok(ExprKind::Parenthesised(Box::new(self.next_expr(&mut Parts::of(pair))?)))
    }

    // Loops rather than iterators from here on: each adaptor takes its share of the stack a level.

    fn list(&mut self, pair: Pair<'_>) -> Lowered<ExprKind> {
        let mut items = Vec::new();
        for item in Parts::of(pair) {
            items.push(self.list_item(item)?);
        }
        Ok(ExprKind::List(items))
    }

    fn list_item(&mut self, pair: Pair<'_>) -> Lowered<ListItem> {
        let mut parts = Parts::of(pair);
        let value = self.next_expr(&mut parts)?;
        Ok(ListItem { value, rename: parts.accept(Rule::name).map(|name| self.name(&name)) })
    }

    pub(super) fn record(&mut self, pair: Pair<'_>) -> Lowered<Vec<NamedExpr>> {
        let mut fields = Vec::new();
        for field in Parts::of(pair) {
            let mut parts = Parts::of(field);
            fields.push(NamedExpr { name: self.next_name(&mut parts)?, value: self.next_expr(&mut parts)? });
        }
        Ok(fields)
    }

    pub(super) fn call(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let function = self.name(&parts.expect(Rule::function_name)?);
        let arguments = self.arguments(parts.expect(Rule::arguments)?)?;
        Ok(Expr { kind: ExprKind::Call { function, arguments }, span })
    }

    pub(super) fn arguments(&mut self, pair: Pair<'_>) -> Lowered<Vec<Argument>> {
        let mut arguments = Vec::new();
        for argument in Parts::of(pair) {
            let mut parts = Parts::of(argument);
            let name = parts.accept(Rule::argument_name);
            let name = name.map(|name| self.next_name(&mut Parts::of(name))).transpose()?;
            arguments.push(Argument { name, value: self.next_expr(&mut parts)? });
        }
        Ok(arguments)
    }
}
