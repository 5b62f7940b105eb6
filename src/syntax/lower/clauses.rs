//! Reports, tests and runs: items made of clauses.

use pest::iterators::Pairs;

use super::parts::Parts;
use super::{Lowered, Lowering, mismatch};
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::tree::{
    Report, ReportEntry, ReportEntryKind, Rows, Run, Test, TestClause, TestClauseKind,
};

impl Lowering<'_> {
    pub(super) fn report_item(&mut self, parts: &mut Parts<'_>) -> Lowered<Report> {
        Ok(Report { entries: parts.map(|entry| self.report_entry(entry)).collect::<Lowered<_>>()? })
    }

    pub(in crate::syntax) fn loose_report_entries(
        &mut self,
        pairs: Pairs<'_, Rule>,
    ) -> Lowered<Vec<ReportEntry>> {
        let entries = pairs.filter(|pair| pair.as_rule() == Rule::report_entry);
        entries.map(|entry| self.report_entry(entry)).collect()
    }

    fn report_entry(&mut self, pair: Pair<'_>) -> Lowered<ReportEntry> {
        let span = self.span(&pair);
        let entry = Parts::of(pair).part()?;
        let mut inner = Parts::of(entry.clone());
        let parts = &mut inner;
        let kind = match entry.as_rule() {
            Rule::title => ReportEntryKind::Title(self.next_expr(parts)?),
            Rule::text => ReportEntryKind::Text(self.next_expr(parts)?),
            Rule::table => ReportEntryKind::Table(self.next_name(parts)?),
            Rule::failures => ReportEntryKind::Failures {
                node: self.next_name(parts)?,
                condition: self.optional_expr(parts)?,
            },
            _ => return mismatch(&entry),
        };
        Ok(ReportEntry { kind, span })
    }

    pub(super) fn test(&mut self, parts: &mut Parts<'_>) -> Lowered<Test> {
        let name = self.plain_string(parts.expect(Rule::string)?)?;
        Ok(Test { name, clauses: self.test_clauses(parts)? })
    }

    pub(super) fn run(&mut self, parts: &mut Parts<'_>) -> Lowered<Run> {
        let path = self.plain_string(parts.expect(Rule::string)?)?;
        Ok(Run { path, name: self.next_name(parts)?, clauses: self.test_clauses(parts)? })
    }

    fn test_clauses(&mut self, parts: &mut Parts<'_>) -> Lowered<Vec<TestClause>> {
        let clauses = parts.accept(Rule::test_clauses).map(Parts::of);
        clauses.into_iter().flatten().map(|clause| self.test_clause(clause)).collect()
    }

    pub(in crate::syntax) fn loose_test_clauses(
        &mut self,
        pairs: Pairs<'_, Rule>,
    ) -> Lowered<Vec<TestClause>> {
        let clauses = pairs.filter(|pair| pair.as_rule() == Rule::test_clause);
        clauses.map(|clause| self.test_clause(clause)).collect()
    }

    fn test_clause(&mut self, pair: Pair<'_>) -> Lowered<TestClause> {
        let span = self.span(&pair);
        let clause = Parts::of(pair).part()?;
        let mut inner = Parts::of(clause.clone());
        let parts = &mut inner;
        let kind = match clause.as_rule() {
            Rule::bind => {
                TestClauseKind::Bind { name: self.next_name(parts)?, value: self.next_expr(parts)? }
            }
            Rule::set => TestClauseKind::Set { name: self.next_name(parts)?, value: self.next_expr(parts)? },
            Rule::replace => {
                let node = self.next_name(parts)?;
                let rows: Rows = self.rows(parts)?;
                TestClauseKind::Replace { node, rows }
            }
            Rule::take => {
                let count = self.next_expr(parts)?;
                let node = parts.accept(Rule::name).map(|name| self.name(&name));
                TestClauseKind::Take { count, node }
            }
            Rule::seeds => TestClauseKind::Seeds(self.next_expr(parts)?),
            Rule::expect => {
                let value = self.next_expr(parts)?;
                let within = self.optional_expr(parts)?;
                let within = within.map(|within| Ok((within, self.next_expr(parts)?))).transpose()?;
                TestClauseKind::Expect { value, within }
            }
            _ => return mismatch(&clause),
        };
        Ok(TestClause { kind, span })
    }
}
