//! What becomes of a slip.

use std::collections::BTreeSet;

use tgp::check::Checked;
use tgp::diagnostics::diagnostic::Diagnostic;
use tgp::diagnostics::source::SourceId;

use super::meaning::{meaning, numbers};
use super::slip::{Slip, SlipKind};
use super::sound::Sound;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The file means what it meant.
    Harmless,
    /// Refused, and the first thing that is told stands at the slip.
    Told,
    /// Refused, and the slip's line is shown with it, or by what is told after it.
    Shown,
    /// Refused, elsewhere.
    Elsewhere(String),
    /// The file means something else and nothing is told.
    Silent,
}

pub(crate) fn verdict(file: &Sound, sound: &str, slip: &Slip) -> Verdict {
    let text = slip.apply(&file.text);
    let checked = file.check(&text, None);
    if checked.diagnostics.is_empty() {
        return match numbers(file, &text) {
            Some(now) if now == sound => Verdict::Harmless,
            // Where an expectation is gone, the name of its metric is mentioned no more.
            Some(_) if meaning(file, &text) == meaning(file, &file.text) => Verdict::Harmless,
            _ => Verdict::Silent,
        };
    }
    let lines = lines(file, &text, slip);
    let shows = |told: &Diagnostic| {
        std::iter::once(&told.primary).chain(&told.others).any(|label| {
            let source = label.span.source == SourceId(0);
            source
                && (lines_of(&checked, told, label.span.start, label.span.end))
                    .any(|line| lines.contains(&line))
        })
    };
    let first = &checked.diagnostics[0];
    let at_first =
        first.primary.span.source == SourceId(0) && lines.contains(&checked.sources.line(first.primary.span));
    if at_first {
        Verdict::Told
    } else if checked.diagnostics.iter().any(shows) {
        Verdict::Shown
    } else {
        Verdict::Elsewhere(said(&checked))
    }
}

/// The lines that a label underlines: that of its start, and that of its end where it is short.
fn lines_of(checked: &Checked, told: &Diagnostic, start: u32, end: u32) -> impl Iterator<Item = u32> {
    let source = checked.sources.get(told.primary.span.source);
    let line =
        |at: u32| checked.sources.get(SourceId(0)).or(source).map_or(0, |source| source.position(at).0);
    let (first, last) = (line(start), line(end));
    [first, if last <= first + 1 { last } else { first }].into_iter()
}

fn said(checked: &Checked) -> String {
    let first = &checked.diagnostics[0];
    format!("{}: {}: {}", checked.sources.line(first.primary.span), first.code, first.message)
}

/// The lines of the slipped text at which it may be told: where the edit stands; of a bracket or
/// quote also the line of its like; of a removed clause the line above and the one that took its
/// place, the head of what it was a clause of, and where a name that it gave is used.
fn lines(file: &Sound, text: &str, slip: &Slip) -> BTreeSet<u32> {
    let line = |text: &str, at: usize| text[..at].matches('\n').count() as u32 + 1;
    let edit = line(text, slip.range.start);
    let mut lines = BTreeSet::from([edit]);
    if let Some(partner) = slip.partner {
        let moved = if partner > slip.range.start { slip.range.len() } else { 0 };
        lines.insert(line(text, partner - moved));
    }
    let ends_line = text[slip.range.start + slip.with.len()..].starts_with('\n')
        || text[..slip.range.start].ends_with('\n');
    if ends_line && matches!(slip.kind, SlipKind::BracketLost | SlipKind::QuoteLost | SlipKind::KeywordLost) {
        // What is missing at the end of a line is missed at the beginning of the next one.
        lines.extend([edit.saturating_sub(1), edit + 1]);
    }
    if slip.kind == SlipKind::ClauseRemoved {
        lines.extend([edit.saturating_sub(1), edit + 1]);
        lines.extend(heads(text, slip.range.start).map(|at| line(text, at)));
        lines.extend(uses(&file.text[slip.range.clone()], text));
    }
    lines
}

/// Where the items and braces begin that a place stands in: lines above it that are indented less.
fn heads(text: &str, at: usize) -> impl Iterator<Item = usize> {
    let mut heads = Vec::new();
    let mut indentation = usize::MAX;
    let mut end = at;
    while let Some(start) =
        text[..end].trim_end_matches('\n').rfind('\n').map(|at| at + 1).or((end > 0).then_some(0))
    {
        let line = text[start..end].trim_end_matches('\n');
        let indent = line.len() - line.trim_start().len();
        let is_head = !line.trim().is_empty() && !line.trim_start().starts_with(['}', ')', ']']);
        if is_head && indent < indentation {
            if indentation != usize::MAX || indent < 2 {
                heads.push(start);
            }
            indentation = indent;
        }
        if indentation == 0 || start == 0 {
            break;
        }
        end = start;
    }
    heads.into_iter()
}

/// The lines that mention a name which the removed clause gave.
fn uses(removed: &str, text: &str) -> Vec<u32> {
    let names: BTreeSet<&str> = removed
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    let mentions = |line: &str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word.len() > 1 && names.contains(word))
    };
    text.lines().enumerate().filter(|(_, line)| mentions(line)).map(|(at, _)| at as u32 + 1).collect()
}
