//! The closing lines of a run: what was made, what it cost, and what failed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::grid::{Align, Grid};
use super::number::{count, counted, duration, money};
use super::paint::{Look, painted};

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RunSummary {
    /// As it was given on the command line.
    pub file: String,
    /// Of a suite's run: its name there.
    pub within: Option<String>,
    /// In the order of the plan.
    pub nodes: Vec<NodeSummary>,
    /// Those that were asked, in the order of their names.
    pub models: Vec<ModelSummary>,
    pub elapsed: Duration,
}

/// What was done for one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct NodeSummary {
    pub name: String,
    /// `curate` and the like.
    pub kind: String,
    /// Rows in its table, those that failed among them.
    pub rows: u64,
    pub failed: u64,
    /// The whole table was known from an earlier run.
    pub known: bool,
    /// Rows taken from an earlier run.
    pub reused: u64,
    /// Calls that went out.
    pub calls: u64,
    /// Calls whose reply was on record.
    pub recorded: u64,
    /// Answers that had to be repaired to be read, among those read in this run.
    pub repaired: u64,
    /// Sent and received.
    pub tokens: u64,
    /// Calls behind what was taken from an earlier run.
    pub spared: u64,
    /// What all that was not paid again cost when it came.
    pub saved_microdollars: u64,
    /// Why it ran, in a line each.
    pub why: Vec<String>,
    pub spent_microdollars: u64,
}

/// What was asked of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ModelSummary {
    pub name: String,
    /// Calls that were answered.
    pub calls: u64,
    /// Calls that were not.
    pub failed: u64,
    /// Tokens sent.
    pub input: u64,
    /// Tokens received.
    pub output: u64,
    pub spent_microdollars: u64,
    /// Calls whose price is not known, and so not in what was spent.
    pub unpriced: u64,
}

impl RunSummary {
    /// The same of a run of a suite, which `file` is then.
    pub fn within(self, run: &str) -> RunSummary {
        RunSummary { within: Some(run.to_owned()), ..self }
    }

    /// The summaries of all runs of a file as one, nodes under the names of their runs.
    pub fn joined(summaries: Vec<RunSummary>, elapsed: Duration) -> RunSummary {
        let mut models: BTreeMap<String, ModelSummary> = BTreeMap::new();
        let mut joined =
            RunSummary { file: String::new(), within: None, nodes: Vec::new(), models: Vec::new(), elapsed };
        for summary in summaries {
            let named = |name: &str| summary.named(name);
            joined.nodes.extend(
                summary.nodes.iter().map(|node| NodeSummary { name: named(&node.name), ..node.clone() }),
            );
            for model in summary.models {
                let sum = models.entry(model.name.clone()).or_default();
                *sum = ModelSummary {
                    name: model.name,
                    calls: sum.calls + model.calls,
                    failed: sum.failed + model.failed,
                    input: sum.input + model.input,
                    output: sum.output + model.output,
                    spent_microdollars: sum.spent_microdollars + model.spent_microdollars,
                    unpriced: sum.unpriced + model.unpriced,
                };
            }
            joined.file = summary.file;
        }
        joined.models = models.into_values().collect();
        joined
    }

    /// A node as commands name it.
    fn named(&self, node: &str) -> String {
        match &self.within {
            Some(run) => format!("{run}.{node}"),
            None => node.to_owned(),
        }
    }

    /// A line a node, a line a model that was asked, a line for all, and a line for each node with
    /// rows that failed or with answers that had to be repaired.
    pub fn render(&self, colour: bool) -> String {
        let mut text = self.lines(colour);
        let failing: Vec<&NodeSummary> = self.nodes.iter().filter(|node| node.failed > 0).collect();
        let repaired: Vec<&NodeSummary> = self.nodes.iter().filter(|node| node.repaired > 0).collect();
        if !failing.is_empty() || !repaired.is_empty() {
            text.push('\n');
        }
        for node in failing {
            let what = format!("{} of `{}` failed", counted(node.failed, "row"), node.name);
            let command = format!("tgp show {} {} --failures", self.file, self.named(&node.name));
            text.push_str(&format!("  {}; see {command}\n", painted(&what, Look::Marked, colour)));
        }
        for node in repaired {
            let what = format!("{} of `{}`", counted(node.repaired, "answer"), node.name);
            let were = if node.repaired == 1 { "was" } else { "were" };
            let command = format!("tgp trace {} {} ROW", self.file, self.named(&node.name));
            text.push_str(&format!("  {what} {were} repaired to be read; {command} says how\n"));
        }
        text
    }

    /// A line a node, and a line for all.
    pub fn lines(&self, colour: bool) -> String {
        let mut grid = Grid::default();
        grid.words();
        grid.words();
        (0..5).for_each(|_| grid.numbers(Align::Right));
        grid.numbers(Align::Left);
        grid.numbers(Align::Left);
        let spends = self.nodes.iter().any(|node| node.spent_microdollars > 0);
        for node in &self.nodes {
            let some = |number: u64, word: &str, look| match number {
                0 => (String::new(), look),
                number => (format!("{} {word}", count(number)), look),
            };
            grid.line(vec![
                (node.name.clone(), Look::Bold),
                (node.kind.clone(), Look::Dim),
                (counted(node.rows, "row"), Look::Plain),
                some(node.failed, "failed", Look::Marked),
                if node.calls == 0 {
                    some(0, "", Look::Plain)
                } else {
                    (counted(node.calls, "call"), Look::Plain)
                },
                some(node.tokens, "tokens", Look::Dim),
                match node.spent_microdollars {
                    0 => (String::new(), Look::Plain),
                    spent => (money(spent), Look::Plain),
                },
                (node.came_from(), Look::Dim),
                (node.why.join("; "), Look::Plain),
            ]);
        }
        let (nodes, models) = (grid.render(usize::MAX, colour), self.by_model(colour));
        format!("{nodes}{models}\n  {}\n", self.totals(spends))
    }

    /// What each model took; nothing where none was asked.
    fn by_model(&self, colour: bool) -> String {
        let asked = || self.models.iter().filter(|model| model.calls + model.failed > 0);
        if asked().next().is_none() {
            return String::new();
        }
        let mut grid = Grid::default();
        grid.words();
        (0..4).for_each(|_| grid.numbers(Align::Right));
        grid.numbers(Align::Left);
        for model in asked() {
            let money = match (model.spent_microdollars, model.unpriced) {
                (0, 0) => String::new(),
                (0, _) => "price not known".to_owned(),
                (spent, _) => money(spent),
            };
            let failed = match model.failed {
                0 => String::new(),
                failed => format!("{} without an answer", counted(failed, "call")),
            };
            grid.line(vec![
                (model.name.clone(), Look::Bold),
                (counted(model.calls, "call"), Look::Plain),
                (format!("{} tokens in", count(model.input)), Look::Dim),
                (format!("{} out", count(model.output)), Look::Dim),
                (money, Look::Plain),
                (failed, Look::Marked),
            ]);
        }
        format!("\n{}", grid.render(usize::MAX, colour))
    }

    /// `12 calls · 41,250 tokens · $0.31 · 288 calls and $7.20 saved · 4.2 s`
    fn totals(&self, spends: bool) -> String {
        let sum = |part: fn(&NodeSummary) -> u64| self.nodes.iter().map(part).sum::<u64>();
        let calls = sum(|node| node.calls);
        let mut parts = vec![match calls {
            0 => "no calls".to_owned(),
            calls => counted(calls, "call"),
        }];
        match sum(|node| node.tokens) {
            0 => {}
            tokens => parts.push(format!("{} tokens", count(tokens))),
        }
        if spends {
            parts.push(money(sum(|node| node.spent_microdollars)));
        }
        match (sum(|node| node.recorded + node.spared), sum(|node| node.saved_microdollars)) {
            (0, _) => {}
            (spared, 0) => parts.push(format!("{} saved", counted(spared, "call"))),
            (spared, saved) => parts.push(format!("{} and {} saved", counted(spared, "call"), money(saved))),
        }
        parts.push(duration(self.elapsed));
        parts.join(" · ")
    }
}

impl NodeSummary {
    fn came_from(&self) -> String {
        if self.known {
            return "as before".to_owned();
        }
        let mut parts = Vec::new();
        if self.recorded > 0 {
            parts.push(format!("{} on record", counted(self.recorded, "reply").replace("replys", "replies")));
        }
        if self.reused > 0 {
            parts.push(format!("{} as before", counted(self.reused, "row")));
        }
        parts.join(", ")
    }
}
