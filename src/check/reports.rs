//! `report`: what a run prints.

use crate::syntax::tree::{self, ItemKind, ReportEntryKind};

use super::checker::Checker;
use super::library::ModuleId;
use super::program::{Report, ReportEntry};
use super::scope::Scope;

impl<'l> Checker<'l> {
    pub(super) fn reports(&mut self) -> Vec<Report> {
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        let mut reports = Vec::new();
        for item in &root.file.items {
            if let ItemKind::Report(report) = &item.kind {
                let entries = report.entries.iter().filter_map(|entry| self.report_entry(entry)).collect();
                reports.push(Report { entries });
            }
        }
        reports
    }

    fn report_entry(&mut self, entry: &tree::ReportEntry) -> Option<ReportEntry> {
        match &entry.kind {
            ReportEntryKind::Title(text) => self.constant_text(text, "the title").map(ReportEntry::Title),
            ReportEntryKind::Text(text) => self.constant_text(text, "the text").map(ReportEntry::Text),
            ReportEntryKind::Table(name) => self.table(name).map(|table| ReportEntry::Table(table.id)),
            ReportEntryKind::Failures { node, condition } => {
                let table = self.table(node)?;
                let condition = condition.as_ref().map(|condition| {
                    let mut scope = Scope::over(ModuleId::ROOT, &table.row);
                    scope.quiet = Some("in a report");
                    self.condition(&mut scope, condition, "the condition")
                });
                Some(ReportEntry::Failures { node: table.id, condition })
            }
            ReportEntryKind::Broken => None,
        }
    }
}
