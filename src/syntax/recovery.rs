//! Reads a file in which something is wrong: item by item, and where an item cannot be read, step
//! by step, so that one slip hides nothing else.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use pest::iterators::Pairs;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;

use super::brackets::Brackets;
use super::forms::{ITEMS, Place, REPORT_ENTRIES, STEPS, TEST_CLAUSES};
use super::grammar::Rule;
use super::lower::{DEEPEST, Lowered, Lowering};
use super::mistake::Mistake;
use super::reader::Reader;
use super::scan::{Bracket, Token, TokenKind};
use super::stretches;
use super::tree::{
    BrokenStep, File, Item, ItemKind, ReportEntry, ReportEntryKind, Step, StepKind, TestClause,
    TestClauseKind,
};

pub(super) struct Recovery<'t> {
    reader: Reader<'t>,
    file: File,
    diagnostics: Vec<Diagnostic>,
}

/// The tokens of one item and the pairs of brackets in them.
struct Stretch<'t> {
    tokens: &'t [Token],
    brackets: Brackets,
}

/// The braces of an item.
struct Body {
    holds: Holds,
    open: usize,
    /// The tokens between the braces.
    inside: Range<usize>,
}

/// What stands between the braces of an item.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Steps,
    Entries,
    Clauses,
}

impl<'t> Recovery<'t> {
    pub(super) fn new(reader: Reader<'t>) -> Recovery<'t> {
        Recovery { reader, file: File::default(), diagnostics: Vec::new() }
    }

    pub(super) fn file(mut self) -> (File, Vec<Diagnostic>) {
        let tokens = &self.reader.scan.tokens;
        for stretch in stretches::items(self.reader.text, tokens) {
            let tokens = self.without_dangling_docs(&tokens[stretch]);
            if !tokens.is_empty() {
                self.item(&Stretch { tokens, brackets: Brackets::of(tokens) });
            }
        }
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
        self.diagnostics.dedup();
        (self.file, self.diagnostics)
    }

    /// The tokens without the comments at their end; a `##` among those is reported.
    fn without_dangling_docs<'k>(&mut self, tokens: &'k [Token]) -> &'k [Token] {
        let words = tokens.iter().rposition(|token| !token.is_comment()).map_or(0, |last| last + 1);
        let (words, after) = tokens.split_at(words);
        let docs = after.iter().filter(|token| token.kind == TokenKind::Doc);
        let docs = docs.map(|doc| Mistake::DanglingDoc.at(self.reader.span(doc.range())));
        self.diagnostics.extend(docs);
        words
    }

    fn item(&mut self, stretch: &Stretch<'_>) {
        let Some(bytes) = bytes(stretch.tokens) else { return };
        let word = stretch.tokens.iter().find(|token| !token.is_comment()).copied();
        let word = word.map_or("", |word| self.reader.written(word));
        if matches!(word, "pipeline" | "library" | "suite") && self.has_begun() {
            self.diagnostics.push(Mistake::MisplacedHeader.at(self.reader.span(bytes)));
            return;
        }
        let faults = self.reader.faults(stretch.tokens, &stretch.brackets);
        let mut mistakes = Vec::new();
        if faults.is_empty() {
            let read =
                self.reader.read(Rule::file, bytes.clone(), Some(ITEMS), Lowering::file, &mut mistakes);
            if let Some(file) = read {
                self.diagnostics.append(&mut mistakes);
                return self.add(file);
            }
        }
        let reported = self.diagnostics.len();
        match body(word, stretch) {
            Some(body) => self.item_with_body(stretch, &body),
            None => {
                self.diagnostics.extend(faults);
                self.add_broken(self.reader.span(bytes));
            }
        }
        if self.diagnostics.len() == reported {
            self.diagnostics.append(&mut mistakes);
        }
    }

    fn has_begun(&self) -> bool {
        self.file.header.is_some() || !self.file.items.is_empty()
    }

    fn add(&mut self, file: File) {
        if file.header.is_some() {
            self.file.header = file.header;
            self.file.docs = file.docs;
        }
        self.file.items.extend(file.items);
    }

    fn add_broken(&mut self, span: Span) {
        self.file.items.push(Item { docs: Vec::new(), kind: ItemKind::Broken, span });
    }

    fn item_with_body(&mut self, stretch: &Stretch<'_>, body: &Body) {
        let span = self.reader.span(bytes(stretch.tokens).unwrap_or_default());
        let mut kind = self.head(stretch, body);
        match body.holds {
            Holds::Steps => {
                let broken = |span, text: &str| Step {
                    docs: Vec::new(),
                    kind: StepKind::Broken(broken_step(text)),
                    span,
                };
                let steps = self.parts(stretch, body, Lowering::loose_steps, broken);
                match &mut kind {
                    Some(Item { kind: ItemKind::Node(node), .. }) => node.steps = steps,
                    Some(Item { kind: ItemKind::Stage(stage), .. }) => stage.steps = steps,
                    _ => {}
                }
            }
            Holds::Entries => {
                let broken = |span, _: &str| ReportEntry { kind: ReportEntryKind::Broken, span };
                let entries = self.parts(stretch, body, Lowering::loose_report_entries, broken);
                if let Some(Item { kind: ItemKind::Report(report), .. }) = &mut kind {
                    report.entries = entries;
                }
            }
            Holds::Clauses => {
                let broken = |span, _: &str| TestClause { kind: TestClauseKind::Broken, span };
                let clauses = self.parts(stretch, body, Lowering::loose_test_clauses, broken);
                match &mut kind {
                    Some(Item { kind: ItemKind::Test(test), .. }) => test.clauses = clauses,
                    Some(Item { kind: ItemKind::Run(run), .. }) => run.clauses = clauses,
                    _ => {}
                }
            }
        }
        match kind {
            Some(item) => self.file.items.push(item),
            None => self.add_broken(span),
        }
        self.tail(stretch, body.inside.end + 1);
    }

    /// The item as if nothing stood between its braces.
    fn head(&mut self, stretch: &Stretch<'_>, body: &Body) -> Option<Item> {
        let bytes = bytes(stretch.tokens)?;
        let open = stretch.tokens.get(body.open)?.end;
        let close = stretch.tokens.get(body.inside.end).map_or(bytes.end, |close| close.start);
        let faults = self.faults(stretch, 0..body.open + 1);
        let closed = faults.is_empty();
        self.diagnostics.extend(faults);
        let opening = |token: &&Token| matches!(token.kind, TokenKind::Open(_));
        if stretch.tokens.iter().take(body.open).filter(opening).count() > DEEPEST {
            return None;
        }
        let blanks = " ".repeat(close.saturating_sub(open));
        let written = format!("{}{blanks}}}", &self.reader.text[bytes.start..open]);
        let stretch = bytes.start..close + usize::from(close < bytes.end);
        let mut mistakes = Vec::new();
        let file =
            self.reader.read_as(Rule::file, &written, stretch, Some(ITEMS), Lowering::file, &mut mistakes);
        // A head with a fault of its own has been reported already.
        if closed {
            self.diagnostics.append(&mut mistakes);
        }
        let mut item = file?.items.into_iter().next()?;
        item.span.end = item.span.end.min(self.reader.span(bytes).end);
        Some(item)
    }

    /// The steps or clauses of a body, each read alone.
    fn parts<T>(
        &mut self,
        stretch: &Stretch<'_>,
        body: &Body,
        lower: fn(&mut Lowering<'t>, Pairs<'_, Rule>) -> Lowered<Vec<T>>,
        broken: fn(Span, &str) -> T,
    ) -> Vec<T> {
        let mut parts = Vec::new();
        for part in stretches::steps(self.reader.text, stretch.tokens, &stretch.brackets, body.inside.clone())
        {
            let tokens = self.without_dangling_docs(&stretch.tokens[part.clone()]);
            let Some(bytes) = bytes(tokens) else { continue };
            let faults = self.faults(stretch, part);
            let read = if faults.is_empty() {
                let (rule, place) = body.holds.rule_and_place();
                self.reader.read(rule, bytes.clone(), Some(place), lower, &mut self.diagnostics)
            } else {
                self.diagnostics.extend(faults);
                None
            };
            match read {
                Some(read) => parts.extend(read),
                None => parts.push(broken(self.reader.span(bytes.clone()), &self.reader.text[bytes])),
            }
        }
        parts
    }

    /// What stands after the closing brace of an item, on its line.
    fn tail(&mut self, stretch: &Stretch<'_>, from: usize) {
        let Some(bytes) = stretch.tokens.get(from..).and_then(bytes) else { return };
        let faults = self.faults(stretch, from..stretch.tokens.len());
        if faults.is_empty() {
            let file =
                self.reader.read(Rule::file, bytes, Some(ITEMS), Lowering::file, &mut self.diagnostics);
            self.add(file.unwrap_or_default());
        }
        self.diagnostics.extend(faults);
    }

    /// The faults of some tokens of a stretch.
    fn faults(&self, stretch: &Stretch<'_>, part: Range<usize>) -> Vec<Diagnostic> {
        let strings = stretch.tokens.get(part.clone()).and_then(bytes);
        let mut faults = strings.map_or(Vec::new(), |bytes| self.reader.unclosed_strings(bytes));
        let brackets = stretch.brackets.faults.iter().filter(|fault| part.contains(&fault.token()));
        faults.extend(brackets.filter_map(|fault| self.reader.fault(stretch.tokens, *fault)));
        faults
    }
}

impl Holds {
    fn rule_and_place(self) -> (Rule, Place) {
        match self {
            Holds::Steps => (Rule::loose_steps, STEPS),
            Holds::Entries => (Rule::loose_report_entries, REPORT_ENTRIES),
            Holds::Clauses => (Rule::loose_test_clauses, TEST_CLAUSES),
        }
    }
}

/// The body of an item that begins with `word`, or with something that was meant to be it.
fn body(word: &str, stretch: &Stretch<'_>) -> Option<Body> {
    let word = ITEMS.form(word).or_else(|| ITEMS.nearest(word))?.word;
    let holds = match word {
        "curate" | "generate" | "vary" | "query" | "judge" | "measure" | "stage" => Holds::Steps,
        "report" => Holds::Entries,
        "test" | "run" => Holds::Clauses,
        _ => return None,
    };
    let mut braces = Vec::new();
    let mut at = 0;
    while let Some(token) = stretch.tokens.get(at) {
        if token.kind == TokenKind::Open(Bracket::Curly) {
            braces.push(at);
        }
        let opens = matches!(token.kind, TokenKind::Open(_));
        at = if opens { stretch.brackets.end(at).max(at + 1) } else { at + 1 };
    }
    // The braces before a stage's last hold the columns that it adds.
    let open = if word == "stage" { braces.last() } else { braces.first() };
    open.map(|open| Body { holds, open: *open, inside: open + 1..stretch.brackets.end(*open).max(open + 1) })
}

/// What a step's text tells though it could not be read.
fn broken_step(text: &str) -> BrokenStep {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words: BTreeSet<&str> =
        text.split(|letter| !is_part(letter)).filter(|word| !word.is_empty()).collect();
    let first = text.split(|letter| !is_part(letter)).next().unwrap_or("");
    let form = STEPS.form(first).or_else(|| STEPS.nearest(first));
    BrokenStep { meant: form.map(|form| form.word), words: words.into_iter().map(Arc::from).collect() }
}

/// From the first word to the last.
fn bytes(tokens: &[Token]) -> Option<Range<usize>> {
    let mut words = tokens.iter().filter(|token| token.kind != TokenKind::Comment);
    let first = words.next()?;
    Some(first.start..words.next_back().unwrap_or(first).end)
}
