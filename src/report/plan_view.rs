//! What a run would do, for a terminal.

use super::grid::{Align, Grid};
use super::number::{NONE, count, counted, money};
use super::paint::{Look, painted};
use super::paragraph::{broken, listed};

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanView {
    /// `paid.tgp`, and the edition where there is one.
    pub title: String,
    /// In the order of the file.
    pub nodes: Vec<PlanLine>,
}

/// One node of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanLine {
    pub name: String,
    pub kind: String,
    /// Nothing is to be done.
    pub known: bool,
    pub rows: u64,
    /// Rows taken without a look at them.
    pub reused: u64,
    /// With stand-ins for answers that are not known.
    pub calls: u64,
    /// Tokens and microdollars of those calls, about.
    pub tokens: u64,
    pub microdollars: u64,
    /// Calls whose price is not known.
    pub unpriced: u64,
    /// What the calls cost at most; nothing where that is not known.
    pub at_most_microdollars: Option<u64>,
    /// Calls whose length is guessed.
    pub guessed: u64,
    /// An answer that does not do is asked for again.
    pub asks_again: bool,
    pub recorded: u64,
    pub spared: u64,
    pub saved_microdollars: u64,
    /// How many rows it will have is not known yet.
    pub waits: bool,
    pub why: Vec<Reason>,
}

/// Why a node runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    pub told: String,
    /// Lines that stood there, and lines that stand there now.
    pub was: Vec<String>,
    pub is: Vec<String>,
}

/// The most lines shown of each side of a change.
const SHOWN: usize = 3;

impl PlanView {
    pub fn render(&self, width: usize, colour: bool) -> String {
        let mut grid = Grid::default();
        grid.words();
        grid.words();
        (0..3).for_each(|_| grid.numbers(Align::Right));
        let is_bounded = self.nodes.iter().any(|node| !node.at_most().is_empty());
        (0..2 + usize::from(is_bounded)).for_each(|_| grid.numbers(Align::Left));
        for node in &self.nodes {
            let rows = if node.waits { NONE.to_owned() } else { counted(node.rows, "row") };
            let calls = match (node.calls, node.waits) {
                (0, _) => String::new(),
                (calls, false) => counted(calls, "call"),
                (calls, true) => format!("~{}", counted(calls, "call")),
            };
            let cost = match (node.microdollars, node.unpriced) {
                (0, 0) => String::new(),
                (0, _) => "price not known".to_owned(),
                (cost, 0) => format!("~{}", money(cost)),
                (cost, _) => format!("~{} and more", money(cost)),
            };
            let mut cells = vec![
                (node.name.clone(), Look::Bold),
                (node.kind.clone(), Look::Dim),
                (rows, Look::Plain),
                (calls, Look::Marked),
                (cost, Look::Plain),
            ];
            if is_bounded {
                cells.push((node.at_most(), Look::Dim));
            }
            cells.extend([
                (node.taken(), Look::Dim),
                (node.why.first().map(|why| why.told.clone()).unwrap_or_default(), Look::Plain),
            ]);
            grid.line(cells);
        }
        let mut text = format!("{}\n\n", painted(&self.title, Look::Bold, colour));
        for (line, node) in grid.render(usize::MAX, colour).lines().zip(&self.nodes) {
            text.push_str(&format!("{line}\n"));
            for (at, why) in node.why.iter().enumerate() {
                if at > 0 {
                    text.push_str(&format!("      and {}\n", why.told));
                }
                text.push_str(&sides(why, width, colour));
            }
        }
        text.push_str(&format!("\n  {}\n", self.totals()));
        let notes = self.notes();
        if !notes.is_empty() {
            text.push('\n');
        }
        for note in notes {
            for line in broken(&note, width.saturating_sub(2).max(30)) {
                text.push_str(&format!("  {}\n", painted(&line, Look::Dim, colour)));
            }
        }
        text
    }

    /// `50 calls to make, about 15,000 tokens and $0.31 · 50 calls paid for already`
    fn totals(&self) -> String {
        let sum = |part: fn(&PlanLine) -> u64| self.nodes.iter().map(part).sum::<u64>();
        let calls = sum(|node| node.calls);
        let waits = self.nodes.iter().any(|node| node.waits);
        let mut parts = vec![match (calls, waits) {
            (0, _) if self.nodes.iter().all(|node| node.known) => "nothing to do".to_owned(),
            (0, _) => "no calls to make".to_owned(),
            (calls, false) => format!("{} to make", counted(calls, "call")),
            (calls, true) => format!("about {} to make", counted(calls, "call")),
        }];
        let about = match (sum(|node| node.tokens), sum(|node| node.microdollars)) {
            (0, 0) => None,
            (tokens, 0) => Some(format!("about {} tokens", count(tokens))),
            (0, cost) => Some(format!("about {}", money(cost))),
            (tokens, cost) => Some(format!("about {} tokens and {}", count(tokens), money(cost))),
        };
        let paid = || self.nodes.iter().filter(|node| node.calls > 0);
        let most = paid().map(|node| node.at_most_microdollars).sum::<Option<u64>>().filter(|most| *most > 0);
        parts.extend(about.map(|about| match (most, waits) {
            (Some(most), false) => format!("{about}, at most {}", money(most)),
            (Some(most), true) => format!("{about}, at most about {}", money(most)),
            (None, _) => about,
        }));
        let unpriced = sum(|node| node.unpriced);
        if unpriced > 0 {
            parts.push(format!("what {} will cost is not known", counted(unpriced, "call")));
        }
        let kept = sum(|node| node.recorded + node.spared);
        if kept > 0 {
            let worth = match sum(|node| node.saved_microdollars) {
                0 => String::new(),
                saved => format!(", worth {}", money(saved)),
            };
            parts.push(format!("{} paid for already{worth}", counted(kept, "call")));
        }
        parts.join(" · ")
    }

    /// What the figures rest on.
    fn notes(&self) -> Vec<String> {
        let names = |wanted: &dyn Fn(&&PlanLine) -> bool| {
            let nodes = self.nodes.iter().filter(|node| node.calls > 0).filter(wanted);
            nodes.map(|node| format!("`{}`", node.name)).collect::<Vec<_>>()
        };
        let told = |names: Vec<String>, told: &dyn Fn(&str) -> String| {
            (!names.is_empty()).then(|| told(&listed(&names)))
        };
        let guessed = told(names(&|node| node.guessed > 0), &|names| {
            format!(
                "No reply at {names} is on record: a text is reckoned as 256 tokens, an answer in a form by its \
                 form, and neither as more than `max_tokens`. Run some rows with --limit first, and the others \
                 are reckoned by them."
            )
        });
        let unbounded = told(names(&|node| node.at_most_microdollars.is_none()), &|names| {
            format!(
                "What {names} may cost at most is not known: nothing bounds the replies, as `max_tokens` does \
                 for texts."
            )
        });
        let again = told(
            names(&|node| node.asks_again && node.at_most_microdollars.is_some_and(|it| it > 0)),
            &|names| format!("Answers at {names} that are asked for again are not counted."),
        );
        [guessed, unbounded, again].into_iter().flatten().collect()
    }
}

impl PlanLine {
    fn at_most(&self) -> String {
        match self.at_most_microdollars {
            Some(most) if most > 0 && self.waits => format!("at most ~{}", money(most)),
            Some(most) if most > 0 => format!("at most {}", money(most)),
            _ => String::new(),
        }
    }

    /// What comes from the store, by the door it comes from.
    fn taken(&self) -> String {
        if self.known {
            return "as before".to_owned();
        }
        let mut parts = Vec::new();
        if self.reused > 0 {
            parts.push(format!("{} as before", counted(self.reused, "row")));
        }
        if self.recorded > 0 {
            let noun = if self.recorded == 1 { "reply" } else { "replies" };
            parts.push(format!("{} {noun} on record", count(self.recorded)));
        }
        parts.join(", ")
    }
}

/// Lines that went and lines that came, the part that differs in view.
fn sides(why: &Reason, width: usize, colour: bool) -> String {
    let mut text = String::new();
    // Of a line that was edited, the common beginning tells nothing.
    let edited = match (why.was.as_slice(), why.is.as_slice()) {
        ([was], [is]) => was.chars().zip(is.chars()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let room = width.saturating_sub(10).max(30);
    let from = if edited > room / 2 { edited - room / 4 } else { 0 };
    for (lines, sign, look) in [(&why.was, '-', Look::Gone), (&why.is, '+', Look::Come)] {
        for line in lines.iter().take(SHOWN) {
            let start = if from > 0 { "…" } else { "" };
            let shown: String = line.chars().skip(from).take(room).collect();
            let end = if line.chars().count() > from + room { "…" } else { "" };
            text.push_str(&format!(
                "      {}\n",
                painted(&format!("{sign} {start}{shown}{end}"), look, colour)
            ));
        }
        if lines.len() > SHOWN {
            let more = format!("{sign} … {} more", counted((lines.len() - SHOWN) as u64, "line"));
            text.push_str(&format!("      {}\n", painted(&more, look, colour)));
        }
    }
    text
}
