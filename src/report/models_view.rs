//! The models of a file, for a terminal.

use serde::Serialize;

use crate::data::write::grid::columns;

use super::grid::{Align, Grid};
use super::number::{count, counted, money};
use super::paint::{Look, painted};
use super::paragraph::filled;

/// One binding of a model, or a model that is bound to nothing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ModelView {
    /// Its name in the file.
    pub model: String,
    /// What it is asked for: `chat`, `image`, …
    pub kind: &'static str,
    /// What stands in the column `model`.
    pub name: String,
    pub provider: Option<&'static str>,
    pub provider_model: Option<String>,
    /// By name, as written.
    pub settings: Vec<(String, String)>,
    /// Where the server is, where it is not the provider's own.
    pub address: Option<String>,
    /// Calls go to the provider itself.
    pub is_hosted: bool,
    pub key: Option<KeyView>,
    pub limits: Option<LimitsView>,
    /// Nothing where it is not known, or there is none.
    pub price: Option<PriceView>,
    /// What its price is stated under: `[prices."NAME"]`.
    #[serde(skip)]
    pub price_name: Option<String>,
    /// Where its answers come from, where nobody is asked.
    pub planted: Option<String>,
    /// Why it can't be asked, and the way out.
    pub problems: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// The variable or the file that it comes from.
    pub place: Option<String>,
    pub present: Option<bool>,
    pub needed: bool,
}

/// What may be asked; nothing where there is no limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitsView {
    pub concurrency: u32,
    pub requests_per_second: Option<f64>,
    pub requests_per_minute: Option<f64>,
    pub tokens_per_minute: Option<f64>,
}

/// US dollars for a million tokens, for a picture and for a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PriceView {
    pub input: f64,
    pub cached: Option<f64>,
    pub output: f64,
    pub image: f64,
    pub request: f64,
    /// `tgp.toml`, the date of the table that comes with the program, or `own network` for a server
    /// that costs nothing by the call.
    pub from: String,
}

/// What came of asking a model once.
#[derive(Clone, Debug)]
pub struct PingView {
    pub name: String,
    pub kind: &'static str,
    /// What came back, in short; else why nothing did, and the way out.
    pub answer: Result<String, String>,
    pub seconds: Option<f64>,
    /// Nothing where it is not known.
    pub microdollars: Option<u64>,
}

/// A line for each binding, with what is known of it in the line after.
pub fn models(views: &[ModelView], width: usize, colour: bool) -> String {
    let mut grid = Grid::default();
    (0..3).for_each(|_| grid.words());
    grid.numbers(Align::Left);
    for view in views {
        let (state, look) = view.state();
        grid.line(vec![
            (view.model.clone(), Look::Bold),
            (view.kind.to_owned(), Look::Dim),
            (view.name.clone(), Look::Plain),
            (state.to_owned(), look),
        ]);
    }
    let mut text = String::new();
    for (line, view) in grid.render(width, colour).lines().zip(views) {
        text.push_str(&format!("{line}\n"));
        for problem in &view.problems {
            text.push_str(&wrapped(std::slice::from_ref(problem), Look::Marked, width, colour));
        }
        text.push_str(&wrapped(&view.known(), Look::Dim, width, colour));
    }
    text
}

/// What each answered, how long it took and what it cost.
pub fn pings(pings: &[PingView], width: usize, colour: bool) -> String {
    let mut text = String::new();
    for PingView { name, answer, seconds, microdollars, .. } in pings {
        let (mark, look) = if answer.is_ok() { ("✓", Look::Come) } else { ("✗", Look::Marked) };
        let mut facts = Vec::new();
        if let Some(seconds) = seconds {
            facts.push(format!("{seconds:.2} s"));
            facts.push(microdollars.map_or("price not known".to_owned(), money));
        }
        let facts = match facts.is_empty() {
            true => String::new(),
            false => format!("  {}", painted(&facts.join(" · "), Look::Dim, colour)),
        };
        text.push_str(&format!("  {} {name}{facts}\n", painted(mark, look, colour)));
        let (said, look) = match answer {
            Ok(said) => (said, Look::Plain),
            Err(problem) => (problem, Look::Marked),
        };
        text.push_str(&wrapped(std::slice::from_ref(said), look, width, colour));
    }
    text
}

impl ModelView {
    fn state(&self) -> (&'static str, Look) {
        match (self.problems.is_empty(), &self.planted, &self.key) {
            (false, _, Some(KeyView { present: Some(false), needed: true, .. })) => {
                ("KEY MISSING", Look::Marked)
            }
            (false, _, None) if self.name.is_empty() => ("NOT BOUND", Look::Marked),
            (false, ..) => ("CANNOT BE ASKED", Look::Marked),
            (true, Some(_), _) => ("asks nobody", Look::Dim),
            (true, None, _) => ("ready", Look::Come),
        }
    }

    fn known(&self) -> Vec<String> {
        let mut parts: Vec<String> = self.planted.iter().cloned().collect();
        parts.extend(self.address.iter().map(|address| format!("at {address}")));
        parts.extend(self.settings.iter().map(|(name, value)| format!("{name} {value}")));
        match &self.key {
            Some(KeyView { place: Some(place), present: Some(true), .. }) => {
                parts.push(format!("key from {place}"));
            }
            Some(KeyView { place: Some(place), needed: false, .. }) => {
                parts.push(format!("no key ({place} is not set)"));
            }
            Some(KeyView { place: None, .. }) => parts.push("takes no key".to_owned()),
            _ => {}
        }
        if let Some(limits) = &self.limits {
            parts.push(format!("{} at a time", limits.concurrency));
            let rate = |rate: Option<f64>, of: &str, each: &str| {
                rate.map(|rate| match rate.fract() == 0.0 {
                    true => format!("{} {each}", counted(rate as u64, of)),
                    false => format!("{rate} {of}s {each}"),
                })
            };
            parts.extend(rate(limits.requests_per_second, "request", "a second"));
            parts.extend(rate(limits.requests_per_minute, "request", "a minute"));
            parts.extend(rate(limits.tokens_per_minute, "token", "a minute"));
        }
        match (&self.price, &self.price_name) {
            (Some(price), _) if self.is_hosted || !price.is_nothing() => parts.push(price.told()),
            (Some(_), _) => parts.push("costs nothing by the call".to_owned()),
            (None, Some(name)) => {
                parts.push(format!("price not known; [prices.\"{name}\"] in tgp.toml states it"));
            }
            (None, None) => {}
        }
        parts
    }
}

impl PriceView {
    fn is_nothing(&self) -> bool {
        [self.input, self.output, self.image, self.request].iter().all(|price| *price == 0.0)
    }

    /// `$2.50 in, $10 out a million tokens (as of 2025-12-01)`
    fn told(&self) -> String {
        let dollars = |amount: f64| {
            let text = format!("{amount:.3}");
            let text = text.trim_end_matches('0');
            match text.strip_suffix('.') {
                Some(whole) => format!("${whole}"),
                None if text.split('.').nth(1).is_some_and(|digits| digits.len() == 1) => format!("${text}0"),
                None => format!("${text}"),
            }
        };
        let mut parts = Vec::new();
        if self.input > 0.0 || self.output > 0.0 {
            let output = (self.output > 0.0).then(|| format!(", {} out", dollars(self.output)));
            let (input, output) = (dollars(self.input), output.unwrap_or_default());
            parts.push(format!("{input} in{output} a million tokens"));
        }
        if self.image > 0.0 {
            parts.push(format!("{} a picture", dollars(self.image)));
        }
        if self.request > 0.0 {
            parts.push(format!("{} a request", dollars(self.request)));
        }
        if parts.is_empty() {
            parts.push("free".to_owned());
        }
        let from = match self.from.as_str() {
            "tgp.toml" => "by tgp.toml".to_owned(),
            date => format!("as of {date}"),
        };
        format!("{} ({from})", parts.join(", "))
    }
}

/// Parts with dots between them, under the name they belong to; no part is broken that fits a line.
fn wrapped(parts: &[String], look: Look, width: usize, colour: bool) -> String {
    const INDENT: usize = 6;
    let room = width.saturating_sub(INDENT).max(20);
    let pieces = parts.iter().flat_map(|part| {
        let words: Vec<&str> =
            if columns(part) <= room { vec![part] } else { part.split_whitespace().collect() };
        words.into_iter().enumerate().map(|(at, word)| (if at == 0 { " · " } else { " " }, word))
    });
    let lines = filled(pieces, room);
    lines.iter().map(|line| format!("{:INDENT$}{}\n", "", painted(line, look, colour))).collect()
}

/// How many models can't be asked.
pub fn headline(views: &[ModelView]) -> Option<String> {
    let broken = views.iter().filter(|view| !view.problems.is_empty()).count();
    match broken {
        0 => None,
        1 => Some("1 model can't be asked".to_owned()),
        many => Some(format!("{} models can't be asked", count(many as u64))),
    }
}
