//! The steps of nodes and stages.

use std::sync::Arc;

use pest::iterators::Pairs;

use super::parts::Parts;
use super::{Lowered, Lowering, Mismatch, mismatch};
use crate::diagnostics::source::{Span, Spanned};
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::tree::{
    CompareOrder, Direction, Expr, ExprKind, IntervalMethod, Join, JoinKind, Let, Metric, MissingPolicy,
    Name, NamedExpr, OnError, Otherwise, Pattern, Read, Rows, Step, StepKind, Total,
};

impl Lowering<'_> {
    /// Steps without the braces around them.
    pub(in crate::syntax) fn loose_steps(&mut self, pairs: Pairs<'_, Rule>) -> Lowered<Vec<Step>> {
        pairs.filter(|pair| pair.as_rule() == Rule::step).map(|pair| self.step(pair)).collect()
    }

    pub(super) fn step(&mut self, pair: Pair<'_>) -> Lowered<Step> {
        let mut parts = Parts::of(pair);
        let docs = self.docs(&mut parts);
        let pair = parts.part()?;
        let span = self.span(&pair);
        Ok(Step { docs, kind: self.step_kind(pair)?, span })
    }

    fn step_kind(&mut self, pair: Pair<'_>) -> Lowered<StepKind> {
        let mut inner = Parts::of(pair.clone());
        let parts = &mut inner;
        Ok(match pair.as_rule() {
            Rule::read => StepKind::Read(self.read_source(parts)?),
            Rule::rows => StepKind::Rows(self.rows(parts)?),
            Rule::key => StepKind::Key(self.next_names(parts)?),
            Rule::where_step => StepKind::Where(self.next_expr(parts)?),
            Rule::let_step => StepKind::Let(self.let_step(pair)?),
            Rule::keep_original => StepKind::KeepOriginal,
            Rule::keep => StepKind::Keep(self.next_names(parts)?),
            Rule::drop => StepKind::Drop(self.next_names(parts)?),
            Rule::rename => StepKind::Rename(parts.map(|part| self.renaming(part)).collect::<Lowered<_>>()?),
            Rule::explode => StepKind::Explode { list: self.next_expr(parts)?, name: self.next_name(parts)? },
            Rule::cross => StepKind::Cross { name: self.next_name(parts)?, list: self.next_expr(parts)? },
            Rule::join => StepKind::Join(self.join(parts)?),
            Rule::union => StepKind::Union(self.next_name(parts)?),
            Rule::group => {
                StepKind::Group { keys: self.next_names(parts)?, columns: self.next_record(parts)? }
            }
            Rule::sample => {
                let up_to = parts.accept(Rule::up_to).is_some();
                let count = self.next_expr(parts)?;
                StepKind::Sample { count, per: self.clause_names(parts, Rule::per)?, up_to }
            }
            Rule::repeat => StepKind::Repeat { count: self.next_expr(parts)?, name: self.next_name(parts)? },
            Rule::dedup => StepKind::Dedup(self.next_expr(parts)?),
            Rule::order => StepKind::Order {
                by: self.next_expr(parts)?,
                descending: parts.accept(Rule::descending).is_some(),
            },
            Rule::batch => StepKind::Batch { count: self.next_expr(parts)?, name: self.next_name(parts)? },
            Rule::unbatch => StepKind::Unbatch,
            Rule::require => StepKind::Require(self.next_names(parts)?),
            Rule::search => self.search(parts)?,
            Rule::fetch => StepKind::Fetch {
                address: self.next_expr(parts)?,
                name: self.next_name(parts)?,
                otherwise: self.optional_otherwise(parts)?,
            },
            Rule::stage_step => StepKind::Stage(self.stage_step(pair)?),
            Rule::on => StepKind::On(parts.map(|part| self.expr(part)).collect::<Lowered<_>>()?),
            Rule::with_step => StepKind::With(self.next_expr(parts)?),
            Rule::one_of => StepKind::OneOf(self.next_expr(parts)?),
            Rule::gold => StepKind::Gold(self.next_name(parts)?),
            Rule::user => StepKind::User(self.next_expr(parts)?),
            Rule::system => StepKind::System(self.next_expr(parts)?),
            Rule::turns => StepKind::Turns(self.next_expr(parts)?),
            Rule::image => StepKind::Image(self.next_expr(parts)?),
            Rule::samples => StepKind::Samples(self.next_expr(parts)?),
            Rule::setting => {
                let (name, value) = self.setting(parts)?;
                StepKind::Setting { name, value }
            }
            _ => return self.verdict_or_measure_step(pair),
        })
    }

    fn verdict_or_measure_step(&mut self, pair: Pair<'_>) -> Lowered<StepKind> {
        let mut inner = Parts::of(pair.clone());
        let parts = &mut inner;
        Ok(match pair.as_rule() {
            Rule::verdict => StepKind::Verdict {
                name: self.next_name(parts)?,
                kind: self.next_type(parts)?,
                value: self.next_expr(parts)?,
            },
            Rule::when_step => {
                let condition = self.next_expr(parts)?;
                let verdict = parts.accept(Rule::when_verdict);
                let verdict = verdict.map(|part| self.next_name(&mut Parts::of(part))).transpose()?;
                StepKind::When { condition, verdict, value: self.next_expr(parts)? }
            }
            Rule::otherwise_step => StepKind::Otherwise(self.next_expr(parts)?),
            Rule::compare => {
                let (first, second) = (self.next_expr(parts)?, self.next_expr(parts)?);
                StepKind::Compare {
                    first,
                    second,
                    order: parts.next().map(|order| self.order(&order)).transpose()?,
                }
            }
            Rule::labels => {
                let read = self.read_source(parts)?;
                StepKind::Labels { read, on: self.next_names(parts)? }
            }
            Rule::by => StepKind::By(self.next_names(parts)?),
            Rule::metric => StepKind::Metric(self.metric(parts)?),
            Rule::baseline => {
                StepKind::Baseline { condition: self.next_expr(parts)?, on: self.next_names(parts)? }
            }
            Rule::total => {
                const TOTALS: &[(&str, Total)] = &[("pooled", Total::Pooled), ("macro", Total::Macro)];
                let over = self.next_names(parts)?;
                StepKind::Total { over, how: self.choice(&parts.expect(Rule::total_how)?, TOTALS)? }
            }
            Rule::interval => self.interval(parts)?,
            Rule::missing_step => {
                const POLICIES: &[(&str, MissingPolicy)] = &[
                    ("excluded", MissingPolicy::Excluded),
                    ("zero", MissingPolicy::Zero),
                    ("one", MissingPolicy::One),
                    ("error", MissingPolicy::Error),
                ];
                StepKind::Missing(self.choice(&parts.expect(Rule::missing_policy)?, POLICIES)?)
            }
            _ => return mismatch(&pair),
        })
    }

    fn read_source(&mut self, parts: &mut Parts<'_>) -> Lowered<Read> {
        const ON_ERROR: &[(&str, OnError)] = &[("stop", OnError::Stop), ("skip", OnError::Skip)];
        let mut parts = Parts::of(parts.expect(Rule::source)?);
        let format = self.next_name(&mut parts)?;
        let path = self.next_expr(&mut parts)?;
        let fields = self.record_type(parts.expect(Rule::record_type)?)?;
        let on_error = parts.accept(Rule::on_error);
        let on_error = on_error.map(|word| self.choice(&word, ON_ERROR)).transpose()?;
        Ok(Read { format, path, fields, on_error })
    }

    /// A count and the columns of each row, or a list.
    pub(super) fn rows(&mut self, parts: &mut Parts<'_>) -> Lowered<Rows> {
        let expr = self.next_expr(parts)?;
        Ok(match parts.accept(Rule::record) {
            Some(record) => Rows::Counted { count: expr, fields: self.record(record)? },
            None => Rows::Listed(expr),
        })
    }

    pub(super) fn let_step(&mut self, pair: Pair<'_>) -> Lowered<Let> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let pattern = match parts.accept(Rule::field_names) {
            Some(fields) => Pattern::Fields(self.next_names(&mut Parts::of(fields))?),
            None => Pattern::Name(self.next_name(&mut parts)?),
        };
        let kind = parts.accept(Rule::type_expr).map(|kind| self.type_expr(kind)).transpose()?;
        Ok(Let { pattern, kind, value: self.next_expr(&mut parts)?, span })
    }

    fn renaming(&mut self, pair: Pair<'_>) -> Lowered<(Name, Name)> {
        let mut parts = Parts::of(pair);
        Ok((self.next_name(&mut parts)?, self.next_name(&mut parts)?))
    }

    fn join(&mut self, parts: &mut Parts<'_>) -> Lowered<Join> {
        const KINDS: &[(&str, JoinKind)] = &[("left", JoinKind::Left), ("random", JoinKind::Random)];
        let other = self.next_name(parts)?;
        let on = self.next_names(parts)?;
        let how = parts.accept(Rule::join_kind).map(|kind| self.choice(&kind, KINDS)).transpose()?;
        Ok(Join { other, on, how })
    }

    fn search(&mut self, parts: &mut Parts<'_>) -> Lowered<StepKind> {
        let model = self.next_name(parts)?;
        let query = self.next_expr(parts)?;
        let top = parts.accept(Rule::top).map(|top| self.next_expr(&mut Parts::of(top))).transpose()?;
        let images = parts.accept(Rule::images).is_some();
        let name = self.next_name(parts)?;
        Ok(StepKind::Search { model, query, top, images, name, otherwise: self.optional_otherwise(parts)? })
    }

    fn optional_otherwise(&mut self, parts: &mut Parts<'_>) -> Lowered<Option<Otherwise>> {
        parts.accept(Rule::otherwise).map(|part| self.otherwise(part)).transpose()
    }

    pub(super) fn otherwise(&mut self, pair: Pair<'_>) -> Lowered<Otherwise> {
        let value = Parts::of(pair).part()?;
        Ok(match value.as_rule() {
            Rule::drop_row => Otherwise::Drop(self.span(&value)),
            Rule::fail_row => Otherwise::Fail(self.span(&value)),
            _ => Otherwise::Value(Box::new(self.expr(value)?)),
        })
    }

    pub(super) fn setting(&mut self, parts: &mut Parts<'_>) -> Lowered<(Name, Expr)> {
        Ok((self.name(&parts.expect(Rule::setting_name)?), self.next_expr(parts)?))
    }

    /// `stage(...)`, or `module.stage(...)` as a method of the module's name.
    fn stage_step(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let path = parts.expect(Rule::stage_path)?;
        let arguments = self.arguments(parts.expect(Rule::arguments)?)?;
        let mut names = self.path_names(&path);
        let function = names.pop().ok_or(Mismatch { at: path.as_span().start() })?;
        let module = names.into_iter().fold(None, |outer: Option<Expr>, name| {
            let span = outer.as_ref().map_or(name.span, |outer| outer.span.to(name.span));
            let kind = match outer {
                None => ExprKind::Name(name.value),
                Some(outer) => ExprKind::Field(Box::new(outer), name),
            };
            Some(Expr { kind, span })
        });
        let kind = match module {
            None => ExprKind::Call { function, arguments },
            Some(module) => ExprKind::Method { receiver: Box::new(module), function, arguments },
        };
        Ok(Expr { kind, span })
    }

    /// The names that a dotted name is made of.
    fn path_names(&self, path: &Pair<'_>) -> Vec<Name> {
        let span = self.span(path);
        let mut at = span.start as usize;
        let names = path.as_str().split('.').map(|name| {
            let start = at;
            at += name.len() + 1;
            Spanned::new(Arc::from(name), Span::new(span.source, start, start + name.len()))
        });
        names.collect()
    }

    fn order(&mut self, pair: &Pair<'_>) -> Lowered<Spanned<CompareOrder>> {
        let order = match pair.as_rule() {
            Rule::swap_random => CompareOrder::Random,
            Rule::both_orders => CompareOrder::Both,
            _ => return mismatch(pair),
        };
        Ok(Spanned::new(order, self.span(pair)))
    }

    fn metric(&mut self, parts: &mut Parts<'_>) -> Lowered<Metric> {
        let name = self.next_name(parts)?;
        let value = self.next_expr(parts)?;
        let condition = parts.accept(Rule::metric_where);
        let condition = condition.map(|part| self.next_expr(&mut Parts::of(part))).transpose()?;
        let direction = parts.next().map(|part| self.direction(part)).transpose()?;
        Ok(Metric { name, value, condition, direction })
    }

    fn direction(&mut self, pair: Pair<'_>) -> Lowered<Spanned<Direction>> {
        let span = self.span(&pair);
        let direction = match pair.as_rule() {
            Rule::higher => Direction::Higher,
            Rule::lower => Direction::Lower,
            Rule::near => Direction::Near(Box::new(self.next_expr(&mut Parts::of(pair))?)),
            _ => return mismatch(&pair),
        };
        Ok(Spanned::new(direction, span))
    }

    fn interval(&mut self, parts: &mut Parts<'_>) -> Lowered<StepKind> {
        const METHODS: &[(&str, IntervalMethod)] = &[
            ("wilson", IntervalMethod::Wilson),
            ("bootstrap", IntervalMethod::Bootstrap),
            ("normal", IntervalMethod::Normal),
        ];
        let level = self.percent(&parts.expect(Rule::percent)?);
        let method = parts.accept(Rule::interval_method);
        let method = method.map(|word| self.choice(&word, METHODS)).transpose()?;
        let by = parts.accept(Rule::name).map(|name| self.name(&name));
        Ok(StepKind::Interval { level, method, by })
    }

    pub(super) fn next_record(&mut self, parts: &mut Parts<'_>) -> Lowered<Vec<NamedExpr>> {
        self.record(parts.expect(Rule::record)?)
    }
}
