//! Text written line by line.

/// What is written, and where its last line stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    pub(super) text: String,
    /// Spaces that the last line begins with.
    pub(super) indentation: usize,
    /// Characters in the last line.
    pub(super) column: usize,
}

impl Writer {
    /// A writer at the start of a line.
    pub(super) fn indented(indentation: usize) -> Writer {
        Writer { text: " ".repeat(indentation), indentation, column: indentation }
    }

    pub(super) fn write(&mut self, text: &str) {
        self.text.push_str(text);
        let width = text.rsplit('\n').next().unwrap_or(text).chars().count();
        self.column = if text.contains('\n') { width } else { self.column + width };
    }

    pub(super) fn line(&mut self, indentation: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indentation));
        self.indentation = indentation;
        self.column = indentation;
    }

    /// Whole lines, each of them ended, if any.
    pub(super) fn lines(&mut self, lines: &str) {
        if let Some(lines) = lines.strip_suffix('\n') {
            self.text.push('\n');
            self.text.push_str(lines);
        }
    }
}
