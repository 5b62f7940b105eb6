//! The texts that one diagnostic points into, as one.
//!
//! miette draws labels of a single text. Laid one after the other, texts of several files can be
//! pointed into in one picture, the one with the fix first. Reading is our own for two more
//! reasons: miette's counts columns in bytes, and has nothing to show at the end of a text.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::place::printable;
use super::source::Source;

/// Lines shown before and after those that are pointed at, unless they are blank.
pub(super) const CONTEXT: usize = 1;

#[derive(Default)]
pub(super) struct Snippets {
    parts: Vec<Part>,
}

struct Part {
    name: String,
    /// As long as the source's text in bytes, and a line break more, so that its end can be shown.
    text: String,
    /// Where it starts among all.
    base: usize,
}

impl Snippets {
    /// Lays a text after the others and gives its number.
    pub(super) fn add(&mut self, source: &Source) -> usize {
        let base = self.parts.last().map_or(0, |part| part.base + part.text.len());
        let text = format!("{}\n", printable(&source.text));
        self.parts.push(Part { name: printable(&source.name).into_owned(), text, base });
        self.parts.len() - 1
    }

    /// A stretch of a part as one of the whole.
    pub(super) fn span(&self, part: usize, start: usize, length: usize) -> SourceSpan {
        SourceSpan::from((self.parts[part].base + start, length))
    }
}

impl SourceCode for Snippets {
    /// Whole lines of one part; an error for a span over several, which tells miette to draw its
    /// labels apart. Asked for no lines around the span, it tells the position of the span itself.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let number = self.parts.partition_point(|part| part.base <= span.offset());
        let part = number.checked_sub(1).and_then(|at| self.parts.get(at)).ok_or(MietteError::OutOfBounds)?;
        let text = part.text.as_str();
        let start = span.offset() - part.base;
        let end = start + span.len().max(1) - 1;
        if end >= text.len() {
            return Err(MietteError::OutOfBounds);
        }

        let own_line = line_start(text, start);
        let mut from = own_line;
        if before > 0 && from > 0 {
            let above = line_start(text, from - 1);
            from = if text[above..from].trim().is_empty() { from } else { above };
        }
        let mut to = line_end(text, end);
        if after > 0 && to < text.len() {
            let below = line_end(text, to);
            to = if text[to..below].trim().is_empty() { to } else { below };
        }
        let column = match (before, after) {
            (0, 0) => text.get(own_line..start).map_or(0, |before| before.chars().count()),
            _ => 0,
        };
        let lines = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count();
        Ok(Box::new(MietteSpanContents::new_named(
            part.name.clone(),
            &text.as_bytes()[from..to],
            SourceSpan::from((part.base + from, to - from)),
            lines(&text[..from]),
            column,
            lines(&text[from..to]),
        )))
    }
}

/// Where the line of a byte starts.
fn line_start(text: &str, byte: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..byte]).map_or(0, |at| at + 1)
}

/// Past the line break that ends the line of a byte.
fn line_end(text: &str, byte: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[byte..]).map_or(text.len(), |at| byte + at + 1)
}
