//! The texts that spans point into.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which text of a [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct SourceId(pub u32);

/// A stretch of a text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Span {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(source: SourceId, start: usize, end: usize) -> Span {
        // Texts over 4 GiB are refused when they are loaded.
        Span { source, start: start as u32, end: end as u32 }
    }

    /// The stretch from the start of this one to the end of that one.
    pub fn to(self, end: Span) -> Span {
        Span { end: end.end, ..self }
    }
}

/// Something with the place it was written at.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }
}

/// One text with its name and the starts of its lines.
#[derive(Clone, Debug)]
pub struct Source {
    /// As a person would name it: a path as given, or `std.text`.
    pub name: Arc<str>,
    pub path: Option<PathBuf>,
    pub text: Arc<str>,
    lines: Vec<u32>,
}

impl Source {
    pub fn new(name: impl Into<Arc<str>>, path: Option<&Path>, text: impl Into<Arc<str>>) -> Source {
        let text = text.into();
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Source { name: name.into(), path: path.map(Path::to_owned), text, lines }
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub fn position(&self, byte: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0) as usize;
        let column = self.text.get(start..byte as usize).map_or(0, |before| before.chars().count());
        (line as u32 + 1, column as u32 + 1)
    }
}

/// All texts of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    pub fn add(&mut self, source: Source) -> SourceId {
        self.all.push(source);
        SourceId(self.all.len() as u32 - 1)
    }

    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.all.get(id.0 as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.all.iter().enumerate().map(|(at, source)| (SourceId(at as u32), source))
    }

    /// The text of a span; empty where the span points nowhere.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|source| source.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// The line of a span's start, from 1.
    pub fn line(&self, span: Span) -> u32 {
        self.get(span.source).map_or(0, |source| source.position(span.start).0)
    }
}
