//! The files that are open in an editor, as they stand there and not on the disk.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lsp_types::{
    Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range,
    Uri,
};

use crate::check::Overrides;
use crate::check::program::Program;
use crate::diagnostics::diagnostic::{Diagnostic, Severity};
use crate::diagnostics::source::{SourceId, Sources, Span};
use crate::session::{Opened, SessionError};
use crate::world::{File, Stamp, World};

use super::position;

/// A file that is open.
pub(super) struct Document {
    pub(super) text: Arc<str>,
    /// As it was when the file was last sound.
    pub(super) program: Option<Arc<Program>>,
}

pub(super) struct Documents {
    open: BTreeMap<PathBuf, Document>,
    world: Arc<Editing>,
}

impl Documents {
    pub(super) fn new(world: Arc<dyn World>) -> Documents {
        Documents { open: BTreeMap::new(), world: Arc::new(Editing { world, texts: Mutex::default() }) }
    }

    pub(super) fn put(&mut self, uri: &Uri, text: &str) {
        let Some(path) = path(uri) else { return };
        let text: Arc<str> = text.into();
        self.world.texts().insert(path.clone(), Arc::clone(&text));
        let program = self.open.remove(&path).and_then(|document| document.program);
        self.open.insert(path, Document { text, program });
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        if let Some(path) = path(uri) {
            self.world.texts().remove(&path);
            self.open.remove(&path);
        }
    }

    pub(super) fn open(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(&path(uri)?)
    }

    pub(super) fn text(&self, uri: &Uri) -> Option<&str> {
        self.open(uri).map(|document| &*document.text)
    }

    /// What is wrong with every open file.
    pub(super) fn all_told(&mut self) -> Vec<(Uri, Vec<Shown>)> {
        let uris: Vec<Uri> = self.open.keys().filter_map(|path| uri(path)).collect();
        uris.iter().filter_map(|uri| self.told(uri)).collect()
    }

    /// Checks a file and gives what is wrong with it.
    pub(super) fn told(&mut self, uri: &Uri) -> Option<(Uri, Vec<Shown>)> {
        let path = path(uri)?;
        let document = self.open.get_mut(&path)?;
        let world: Arc<dyn World> = Arc::clone(&self.world) as Arc<dyn World>;
        let name = path.display().to_string();
        let overrides = Overrides::default();
        let opened = Opened::of_text(&path, name, document.text.to_string(), &overrides, &world);
        let shown = match opened {
            Ok(opened) => {
                if opened.program.is_some() {
                    document.program.clone_from(&opened.program);
                }
                each(&opened.diagnostics, &opened.sources, true)
            }
            // The project's own file is wrong: none of the places lies in the open one.
            Err(SessionError::Diagnostics(diagnostics, sources)) => each(&diagnostics, &sources, false),
            Err(error) => vec![Shown { message: error.to_string(), ..at(Range::default()) }],
        };
        Some((uri.clone(), shown))
    }
}

/// `own` says that the first source is the open file.
fn each(diagnostics: &[Diagnostic], sources: &Sources, own: bool) -> Vec<Shown> {
    diagnostics.iter().map(|diagnostic| shown(diagnostic, sources, own)).collect()
}

fn shown(diagnostic: &Diagnostic, sources: &Sources, own: bool) -> Shown {
    let span = diagnostic.primary.span;
    let is_here = own && span.source == SourceId(0);
    let mut message = diagnostic.message.clone();
    if !diagnostic.primary.text.is_empty() {
        message.push_str(&format!("\n{}", diagnostic.primary.text));
    }
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    if let (false, Some(source)) = (is_here, sources.get(span.source)) {
        message = format!("{}, line {}: {message}", source.name, sources.line(span));
    }
    let range = if is_here { range(span, sources) } else { Range::default() };
    let others = diagnostic.others.iter().filter_map(|label| {
        let place = uri(sources.get(label.span.source)?.path.as_deref()?)?;
        let location = Location { uri: place, range: range_of(label.span, sources)? };
        Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let others: Vec<_> = others.collect();
    Shown {
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(diagnostic.code.to_owned())),
        message,
        related_information: (!others.is_empty()).then_some(others),
        ..at(range)
    }
}

fn range(span: Span, sources: &Sources) -> Range {
    range_of(span, sources).unwrap_or_default()
}

fn range_of(span: Span, sources: &Sources) -> Option<Range> {
    let source = sources.get(span.source)?;
    Some(position::range(&source.text, span.start as usize, span.end as usize))
}

fn at(range: Range) -> Shown {
    Shown {
        range,
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some("tgp".to_owned()),
        ..Shown::default()
    }
}

/// The path of a file's address.
fn path(uri: &Uri) -> Option<PathBuf> {
    let encoded = uri.as_str().strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    // `file:///C:/a` is C:/a.
    let drive = text.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if drive { text.trim_start_matches('/') } else { &text }))
}

/// The address of a file.
fn uri(path: &Path) -> Option<Uri> {
    let mut text = "file://".to_owned();
    let path = path.to_str()?.replace('\\', "/");
    if !path.starts_with('/') {
        text.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    Uri::from_str(&text).ok()
}

/// The machine, with the open files as they stand in the editor.
struct Editing {
    world: Arc<dyn World>,
    texts: Mutex<BTreeMap<PathBuf, Arc<str>>>,
}

impl Editing {
    fn texts(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, Arc<str>>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.texts().get(path).cloned()
    }
}

impl World for Editing {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        match self.text(path) {
            Some(text) => Ok(Box::new(Cursor::new(text.as_bytes().to_vec()))),
            None => self.world.open(path),
        }
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        match self.text(path) {
            Some(text) => Ok(Stamp { size: text.len() as u64, modified: 0, inode: 0 }),
            None => self.world.stamp(path),
        }
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.world.is_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.world.list(folder)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.world.write(path, bytes)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.world.absolute(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.world.variable(name)
    }

    fn now(&self) -> Duration {
        self.world.now()
    }

    fn jitter(&self) -> u64 {
        self.world.jitter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses_stand_for_each_other() {
        let place = Path::new("/a b/é/c#.tgp");
        let address = uri(place).unwrap();
        assert_eq!(address.as_str(), "file:///a%20b/%C3%A9/c%23.tgp");
        assert_eq!(path(&address).as_deref(), Some(place));
        let windows = Uri::from_str("file:///c%3A/x/y.tgp").unwrap();
        assert_eq!(path(&windows), Some(PathBuf::from("c:/x/y.tgp")));
        assert_eq!(path(&Uri::from_str("untitled:1").unwrap()), None);
    }
}
