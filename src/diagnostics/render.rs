//! Diagnostics as pictures for a terminal.
//!
//! Diagnostics are kept as plain data; the texts are joined to them here, at the last moment.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles};

use super::diagnostic::{Diagnostic, Label, Severity};
use super::place::{Place, in_order, printable, tally};
use super::snippets::{CONTEXT, Snippets};
use super::source::{SourceId, Sources};

pub use super::json::json;
pub use super::style::Style;

/// A label over more lines is drawn at its first line only.
const MOST_LINES: u32 = 6;
/// Lines between labels that are drawn in one snippet.
const NEAR: u32 = 2 * CONTEXT as u32 + 1;
/// Columns below which wrapping makes no sense.
const NARROWEST: usize = 40;

/// Every diagnostic with the lines that it is about, ordered by place, and a last line that counts
/// them; empty for none.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        let picture = Picture::new(diagnostic, sources);
        // Writing to a string can't fail, and reading lines of the snippets doesn't.
        let _ = handler(style, &picture).render_report(&mut text, &picture);
        text.push('\n');
    }
    if !diagnostics.is_empty() {
        text.push_str(&tally(diagnostics));
        text.push('\n');
    }
    text
}

/// `path:line:column: error[code]: message`, one a line, ordered by place.
pub fn short(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        let place = Place::of(diagnostic.primary.span, sources);
        let word = diagnostic.severity.word();
        let message = printable(&diagnostic.message).replace('\n', " ");
        text.push_str(&format!("{place}: {word}[{}]: {message}\n", diagnostic.code));
    }
    text
}

fn handler(style: Style, picture: &Picture) -> GraphicalReportHandler {
    let mut styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let fix = match picture.severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
    };
    // miette gives out these styles to the labels by their offset.
    let mut labels: Vec<&LabeledSpan> = picture.labels.iter().collect();
    labels.sort_by_key(|label| label.offset());
    styles.highlights = labels.iter().map(|label| if label.primary() { fix } else { styles.help }).collect();
    styles.link = styles.help;
    let characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_links(false)
        .with_width(style.width.max(NARROWEST))
        .with_context_lines(CONTEXT)
        .with_break_words(false)
}

/// A diagnostic joined to its texts.
struct Picture {
    code: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    snippets: Snippets,
    labels: Vec<LabeledSpan>,
}

impl Picture {
    fn new(diagnostic: &Diagnostic, sources: &Sources) -> Picture {
        let mut picture = Picture {
            code: format!("{}[{}]", diagnostic.severity.word(), diagnostic.code),
            severity: diagnostic.severity,
            message: printable(&diagnostic.message).into_owned(),
            help: diagnostic.help.as_deref().map(|help| printable(help).into_owned()),
            snippets: Snippets::default(),
            labels: Vec::new(),
        };
        let fix = Place::of(diagnostic.primary.span, sources);
        let mut parts: Vec<(SourceId, bool)> = Vec::new();
        for (at, label) in std::iter::once(&diagnostic.primary).chain(&diagnostic.others).enumerate() {
            let Some(source) = sources.get(label.span.source) else { continue };
            let place = Place::of(label.span, sources);
            // What is far from the fix stands apart and after it, in whichever text it is.
            let near = place.file == fix.file && place.line.abs_diff(fix.line) <= NEAR;
            let part = (label.span.source, near);
            let number = parts.iter().position(|known| *known == part).unwrap_or_else(|| {
                parts.push(part);
                picture.snippets.add(source)
            });
            picture.label(label, &source.text, &place, number, at == 0);
        }
        picture
    }

    fn label(&mut self, label: &Label, text: &str, place: &Place, part: usize, primary: bool) {
        let mut length = place.end - place.start;
        if place.end_line - place.line >= MOST_LINES {
            length = text[place.start..place.end].find(['\r', '\n']).unwrap_or(length);
        }
        let span = self.snippets.span(part, place.start, length);
        let text = (!label.text.is_empty()).then(|| printable(&label.text).into_owned());
        self.labels.push(match primary {
            true => LabeledSpan::new_primary_with_span(text, span),
            false => LabeledSpan::new_with_span(text, span),
        });
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Picture {}

impl miette::Diagnostic for Picture {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippets)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
