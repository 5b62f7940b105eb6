//! Steps as canonical text.

use std::fmt::Write;

use super::Writer;
use crate::check::program::*;

impl Writer<'_> {
    pub(super) fn step(&mut self, step: &Step, draw: u32) {
        match &step.kind {
            StepKind::Read(read) => self.read(read),
            StepKind::Rows { count, fields } => {
                let _ = write!(self.out, "rows {count}");
                self.exprs(fields);
            }
            StepKind::Listed { rows } => {
                self.out.push_str("rows");
                for row in rows {
                    self.out.push_str(" (row");
                    self.exprs(row);
                    self.out.push(')');
                }
            }
            StepKind::Key(slots) => self.slots("key", slots),
            StepKind::Where(condition) => self.unary("where", condition),
            StepKind::Let(value) => self.unary("let", value),
            StepKind::Explode { list } => self.unary("explode", list),
            StepKind::Cross { list } => self.unary("cross", list),
            StepKind::Join { input, keys, adds, kind } => {
                self.inputs.push(*input);
                let _ = write!(self.out, "join {kind:?}");
                self.draws |= matches!(kind, Some(crate::syntax::tree::JoinKind::Random));
                for (left, right) in keys {
                    let _ = write!(self.out, " {}={}", left.0, right.0);
                }
                self.slots(" adds", adds);
            }
            StepKind::Union { input, columns } => {
                self.inputs.push(*input);
                self.slots("union", columns);
            }
            StepKind::Group { keys, columns } => {
                self.slots("group", keys);
                for column in columns {
                    self.aggregation(column);
                }
            }
            StepKind::Sample { count, per, up_to } => {
                self.draws = true;
                let _ = write!(self.out, "sample {count} {up_to}");
                self.slots(" per", per);
            }
            StepKind::Repeat { count } => {
                let _ = write!(self.out, "repeat {count}");
            }
            StepKind::Dedup(by) => self.unary("dedup", by),
            StepKind::Order { by, descending } => {
                let _ = write!(self.out, "order {descending} ");
                self.expr(by);
            }
            StepKind::Batch { count, columns } => {
                let _ = write!(self.out, "batch {count}");
                self.slots("", columns);
            }
            StepKind::Unbatch { list, columns } => {
                let _ = write!(self.out, "unbatch {} {columns}", list.0);
            }
            StepKind::Search { model, query, top, images, otherwise } => {
                let _ = write!(self.out, "search {top} {images} ");
                self.model(model);
                self.expr(query);
                self.otherwise(otherwise);
            }
            StepKind::Fetch { page, address, otherwise } => {
                self.out.push_str("fetch ");
                self.model(page);
                self.expr(address);
                self.otherwise(otherwise);
            }
            StepKind::Vary(vary) => self.vary(vary),
            StepKind::Query(query) => {
                let _ = write!(self.out, "query {} {} {} ", query.samples, query.usage, query.latency);
                self.message(&query.message);
            }
            StepKind::Verdict(verdict) => self.verdict(verdict),
            StepKind::Repaired { of, spread } => {
                let _ = write!(self.out, "repaired {} {spread}", of.0);
            }
            StepKind::Labels { read, keys, label } => {
                let _ = write!(self.out, "labels {label} {keys:?} ");
                self.read(read);
            }
            StepKind::Measure(measure) => self.measure(measure),
            StepKind::Project(slots) => self.slots("project", slots),
        }
        // What a query asks is told apart model by model; see `Canonical::target`.
        if !matches!(step.kind, StepKind::Query(_)) {
            let mut places: Vec<(usize, u32, &LocalModel)> = Vec::new();
            for ((model, binding), local) in &step.local_models {
                places.push((self.place(*model), *binding, local));
            }
            places.sort_by_key(|(place, binding, _)| (*place, *binding));
            for (place, _, local) in places {
                let _ = write!(self.out, " (model {place})");
                self.local_model(local);
            }
        }
        if self.draws {
            let _ = write!(self.out, " draw {draw}");
        }
    }

    pub(super) fn read(&mut self, read: &Read) {
        // What a Parquet file's values are read as has changed since the first version.
        let version = if read.format == Format::Parquet { " 2" } else { "" };
        let _ = write!(self.out, "read {:?}{version} {:?}", read.format, read.on_error);
        for field in read.fields.iter() {
            let _ = write!(self.out, " {}: {}", field.name, field.kind);
        }
    }

    pub(super) fn vary(&mut self, vary: &Vary) {
        self.draws |= vary.one;
        let _ = write!(self.out, "vary one={} keep={}", vary.one, vary.keep_original);
        for (slot, element) in &vary.on {
            let _ = write!(self.out, " on {} ", slot.0);
            if let Some(element) = element {
                self.expr(element);
            }
        }
        if let Some(gold) = vary.gold {
            let _ = write!(self.out, " gold {}", gold.0);
        }
        self.slots(" origin", &vary.origin);
        for variation in &vary.variations {
            let _ = write!(self.out, " ({:?} {} ", variation.name, variation.rewrites_gold);
            self.expr(&variation.value);
            self.out.push(')');
        }
    }

    pub(super) fn verdict(&mut self, verdict: &Verdict) {
        let _ = write!(self.out, "verdict {} {:?} ", verdict.kind, verdict.vote);
        for judge in &verdict.judges {
            self.model(&ModelRef::Declared(*judge));
            // The judges of several stand by their names beside their verdicts.
            let judge =
                self.canonical.program.models.get(judge.0 as usize).filter(|_| verdict.vote.is_some());
            for binding in judge.iter().flat_map(|judge| &judge.bindings) {
                let _ = write!(self.out, " {:?} ", binding.name);
            }
        }
        if let Some(compare) = &verdict.compare {
            let _ = write!(self.out, " compare {:?} ", compare.order);
            self.draws |= compare.order == crate::syntax::tree::CompareOrder::Random;
            self.expr(&compare.first);
            self.expr(&compare.second);
        }
        for (condition, value) in &verdict.when {
            self.unary(" when", condition);
            self.unary(" ->", value);
        }
        self.expr(&verdict.value);
        for value in &verdict.otherwise {
            self.unary(" otherwise", value);
        }
    }

    pub(super) fn measure(&mut self, measure: &Measure) {
        self.slots("measure", &measure.by);
        let _ = write!(self.out, " missing {:?}", measure.missing);
        for metric in &measure.metrics {
            // The name stands in the table, so it belongs to what is computed.
            let _ = write!(self.out, " (metric {:?} {:?} {}", metric.name, metric.direction, metric.is_rate);
            self.aggregation(&metric.aggregation);
            if let Some(condition) = &metric.condition {
                self.unary(" where", condition);
            }
            self.out.push(')');
        }
        if let Some(baseline) = &measure.baseline {
            self.slots(" baseline", &baseline.keys);
            self.expr(&baseline.condition);
        }
        for total in &measure.totals {
            let _ = write!(self.out, " total {:?} {:?}", total.how, total.over);
        }
        if let Some(interval) = &measure.interval {
            let _ =
                write!(self.out, " interval {} {:?} {:?}", interval.level, interval.method, interval.cluster);
            // A bootstrap draws, and whether it is one may depend on the metric.
            self.draws = true;
        }
    }

    pub(super) fn aggregation(&mut self, aggregation: &Aggregation) {
        self.out.push_str(" (gather");
        for leaf in &aggregation.leaves {
            let _ = write!(self.out, " ({:?}", leaf.kind);
            self.exprs(&leaf.arguments);
            self.out.push(')');
        }
        self.out.push(' ');
        self.expr(&aggregation.result);
        self.out.push(')');
    }

    pub(super) fn local_model(&mut self, local: &LocalModel) {
        match local {
            LocalModel::Replay { key } => self.slots(" replay", key),
            LocalModel::Script(script) => {
                self.out.push_str(" (script");
                for arm in &script.arms {
                    self.arm(arm);
                }
                self.out.push(')');
            }
        }
    }

    pub(super) fn arm(&mut self, arm: &Arm) {
        match &arm.guard {
            Guard::Share(share) => {
                self.draws = true;
                let _ = write!(self.out, " {share} => ");
            }
            Guard::When(condition) => {
                self.unary(" when", condition);
                self.out.push_str(" => ");
            }
            Guard::Always => self.out.push_str(" _ => "),
        }
        match &arm.reply {
            ScriptReply::Value(value) => self.expr(value),
            ScriptReply::Cut(value) => self.unary("cut", value),
            ScriptReply::Blocked => self.out.push_str("blocked"),
            ScriptReply::Empty => self.out.push_str("empty"),
            ScriptReply::Failed => self.out.push_str("failed"),
        }
    }

    pub(super) fn model(&mut self, model: &ModelRef) {
        match model {
            ModelRef::Declared(id) => {
                let place = self.place(*id);
                let _ = write!(self.out, "(model {place}) ");
            }
            ModelRef::Parameter(at) => {
                let _ = write!(self.out, "(model parameter {at}) ");
            }
            ModelRef::Judge => self.out.push_str("(judge) "),
        }
    }

    /// Which of the unit's models it is, in the order in which they are named first.
    pub(super) fn place(&mut self, id: ModelId) -> usize {
        let known = self.models.iter().position(|known| *known == id);
        known.unwrap_or_else(|| {
            self.models.push(id);
            self.models.len() - 1
        })
    }

    pub(super) fn slots(&mut self, word: &str, slots: &[Slot]) {
        self.out.push_str(word);
        for slot in slots {
            let _ = write!(self.out, " {}", slot.0);
        }
    }

    pub(super) fn unary(&mut self, word: &str, operand: &Expr) {
        self.out.push_str(word);
        self.out.push(' ');
        self.expr(operand);
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.out.push(' ');
            self.expr(expr);
        }
    }
}
