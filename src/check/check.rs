//! The way through: a file's text to its checked program.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostics::diagnostic::{Diagnostic, Severity};
use crate::diagnostics::source::{Source, Sources, Span};
use crate::syntax::tree::{FileKind, Header, ItemKind, Run};

use super::checker::{Checker, Defined};
use super::codes;
use super::complaint::{Explained, error};
use super::expressions::MOST;
use super::library::{Library, ModuleId};
use super::loading::{self, Loader};
use super::mentions::Mentions;
use super::near_names::near_names;
use super::program::{Binding, Program, TestName};
use super::scope::Scope;
use super::scripted::ScriptUse;
use super::sight::blind;
use super::signatures;
use super::suite::{Ran, suite_trial};
use super::suspects;
use super::trial::{Trial, no_test, tests};
use super::unbound::unbound;
use super::unread::unread_fields;

/// What the command line and `tgp.toml` say beside the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--set n=50`: parameters and their values as text.
    pub set: Vec<(String, String)>,
    /// `--bind` and `tgp.toml`: models and what they are bound to. The last one of a name counts.
    pub bind: Vec<(String, Vec<Binding>)>,
    /// Check the program as this test: its `bind`, `set`, `replace` and `take` applied.
    pub test: Option<String>,
    /// Where paths in `set` start: the folder that whoever gives them stands in. Without it they
    /// start at the file's folder, like those in the file.
    pub paths_from: Option<PathBuf>,
    /// Which of the test's seeds, from 0: moves the file's seed.
    pub test_seed: u32,
}

/// A checked file.
#[derive(Debug)]
pub struct Checked {
    /// `None` where there are errors.
    pub program: Option<Program>,
    pub diagnostics: Vec<Diagnostic>,
    /// The file itself is the first, then all that it uses.
    pub sources: Sources,
}

/// Parses and checks a file with all that it uses. All its tests are checked with it.
pub fn check(root: Source, loader: &dyn Loader, overrides: &Overrides) -> Checked {
    let mut sources = Sources::default();
    let (mut library, mut diagnostics) = loading::load(root, loader, &mut sources);
    diagnostics.extend(signatures::settle(&mut library));
    let mentions = Mentions::of(&library.module(ModuleId::ROOT).file);
    let trial = match &overrides.test {
        None => Trial::plain(overrides),
        Some(name) => match tests(&library).find(|test| *test.name.value == **name) {
            Some(test) => Trial::of(test, overrides),
            None => {
                diagnostics.push(no_test(&library, name));
                Trial::plain(overrides)
            }
        },
    };
    let mut loads = Loads { loader, sources: &mut sources };
    let (runs, told) = loads.runs(&library, &trial);
    diagnostics.extend(told);
    let mut main = Checker::new(&library, &trial, &mentions, &runs);
    let program = main.program(loads.sources, overrides.test_seed);
    main.idle_arms();
    let (told, mut used, defined) = (main.diagnostics, main.used, main.defined);
    let (mut seen, mut fields, mut shown) = (main.seen, main.fields, main.shown);
    used.extend(&library.used);
    diagnostics.extend(told);
    if overrides.test.is_none() {
        let sound = diagnostics.is_empty();
        for test in tests(&library) {
            let trial = Trial::of(test, overrides);
            let (runs, told) = loads.runs(&library, &trial);
            let mut checker = Checker::new(&library, &trial, &mentions, &runs);
            let program = checker.program(loads.sources, 0);
            checker.idle_arms();
            if let Some(program) =
                program.filter(|_| sound && checker.diagnostics.is_empty() && told.is_empty())
            {
                diagnostics.extend(unbound(test, &program));
            }
            used.extend(checker.used);
            seen.extend(checker.seen);
            shown.extend(checker.shown);
            fields.extend(checker.fields);
            diagnostics.extend(told);
            diagnostics.extend(checker.diagnostics);
        }
        if !overrides.set.is_empty() || !overrides.bind.is_empty() {
            used.extend(used_as_written(&library, &mentions, &runs, loads.sources));
        }
    }
    // A test is tried after its file was checked: what nothing uses was told then, in view of all
    // tests. One test alone, with its own models and rows, need not use everything.
    if overrides.test.is_none() && diagnostics.iter().all(|told| leaves_mentions_readable(told.code)) {
        diagnostics.extend(unused(&library, &defined, &used));
        // A picture in a text was meant to be shown.
        if !diagnostics.iter().any(|told| told.code == codes::IMAGE_IN_TEXT) {
            diagnostics.extend(blind(&library.module(ModuleId::ROOT).file, &shown));
        }
    }
    diagnostics.extend(near_names(&library.module(ModuleId::ROOT).file, &sources));
    distinct(&mut diagnostics);
    without_idle_arms(&mut diagnostics);
    fields.extend(library.fields.iter().cloned());
    suspects::show(&mut diagnostics, &sources, &library, &seen, &fields);
    let sound = diagnostics.iter().all(|told| told.severity != Severity::Error);
    let program = program.filter(|_| sound);
    Checked { program, diagnostics, sources }
}

/// What the file uses as it stands: a value or a model given from outside leaves unread what stands
/// in the file instead, and makes nothing of it idle.
fn used_as_written(library: &Library, mentions: &Mentions, runs: &[Ran], sources: &Sources) -> HashSet<Span> {
    let nothing = Overrides::default();
    let trial = Trial::plain(&nothing);
    let mut checker = Checker::new(library, &trial, mentions, runs);
    checker.program(sources, 0);
    checker.used
}

/// Whether all mentions are known in spite of a mistake: a misspelt name would make another one
/// look unused, and what could not be read, or stands where it is not looked at, may mention
/// anything.
fn leaves_mentions_readable(code: &str) -> bool {
    const HIDING: [&str; 6] = [
        codes::CYCLE,
        codes::DUPLICATE_COLUMN,
        codes::DUPLICATE_NAME,
        codes::MISPLACED,
        codes::NOT_A_LIBRARY,
        codes::WRONG_NODE,
    ];
    codes::ALL.contains(&code) && !code.starts_with("unknown") && !HIDING.contains(&code)
}

/// Loads and checks the files that a suite runs, into the same sources.
struct Loads<'a> {
    loader: &'a dyn Loader,
    sources: &'a mut Sources,
}

impl Loads<'_> {
    fn runs(&mut self, library: &Library, trial: &Trial<'_>) -> (Vec<Ran>, Vec<Diagnostic>) {
        let mut runs = Vec::new();
        let mut diagnostics = Vec::new();
        // A script of the suite is asked in several runs: an arm may be for one of them.
        let mut scripts = ScriptUse::default();
        let root = library.module(ModuleId::ROOT);
        for item in &root.file.items {
            let ItemKind::Run(run) = &item.kind else { continue };
            let from = self.sources.get(root.source).and_then(|source| source.path.clone());
            let program = match self.loader.file(from.as_deref(), &run.path.value) {
                Ok(source) => self.run(source, library, trial, run, &mut scripts, &mut diagnostics),
                Err(problem) => {
                    diagnostics.push(
                        error(
                            codes::UNKNOWN_MODULE,
                            run.path.span,
                            format!("cannot run `{}`: {problem}", run.path.value),
                        )
                        .help("a path is relative to the folder of the file it stands in"),
                    );
                    None
                }
            };
            runs.push(Ran {
                name: run.name.clone(),
                path: run.path.value.clone(),
                program: program.map(Arc::new),
            });
        }
        diagnostics.extend(scripts.idle());
        (runs, diagnostics)
    }

    fn run(
        &mut self,
        source: Source,
        suite: &Library,
        outer: &Trial<'_>,
        run: &Run,
        scripts: &mut ScriptUse,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Program> {
        let (mut library, mut told) = loading::load(source, self.loader, self.sources);
        told.extend(signatures::settle(&mut library));
        let file = &library.module(ModuleId::ROOT).file;
        if file.header.as_ref().is_some_and(|header| header.kind != FileKind::Pipeline) {
            told.push(
                error(
                    codes::NOT_A_PIPELINE,
                    run.path.span,
                    format!("`{}` is not a pipeline", run.path.value),
                )
                .help("a suite runs files that begin with `pipeline`"),
            );
        }
        let mentions = Mentions::of(file);
        let trial = suite_trial(suite, outer, run, &mut told);
        let mut checker = Checker::new(&library, &trial, &mentions, &[]);
        let program = checker.program(self.sources, 0);
        told.extend(checker.diagnostics);
        scripts.join(checker.script_use);
        let sound = told.is_empty();
        diagnostics.extend(told);
        program.filter(|_| sound)
    }
}

impl Checker<'_> {
    /// The whole program; not to be used where anything was told.
    fn program(&mut self, sources: &Sources, test_seed: u32) -> Option<Program> {
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        self.flags();
        let parameters = self.all_parameters();
        self.all_models();
        self.foreign_nodes();
        let nodes = self.all_nodes();
        let reports = self.reports();
        let suite = self.suite();
        let expectations = self.expectations(sources);
        self.same_models();
        self.uncalled_stages();
        self.uncalled_functions();
        let trial = self.trial;
        let test_seeds = trial
            .seeds
            .and_then(|count| self.count(&mut Scope::bare(ModuleId::ROOT), count, "seeds", 1))
            .unwrap_or(1);
        let header: &Header = root.file.header.as_ref()?;
        Some(Program {
            kind: header.kind,
            name: header.name.value.clone(),
            version: header.version.value.clone(),
            docs: root.file.docs.clone(),
            seed: self.seed().wrapping_add(i64::from(test_seed).wrapping_mul(MOST)),
            dynamic: root.file.items.iter().any(|item| matches!(item.kind, ItemKind::Dynamic)),
            parameters,
            models: std::mem::take(&mut self.models),
            functions: std::mem::take(&mut self.functions),
            nodes,
            reports,
            tests: tests(library)
                .map(|test| TestName { name: test.name.value.clone(), span: test.name.span })
                .collect(),
            expectations,
            test_seeds,
            suite,
        })
    }

    fn seed(&self) -> i64 {
        let items = &self.library.module(ModuleId::ROOT).file.items;
        items
            .iter()
            .find_map(|item| match &item.kind {
                ItemKind::Seed(seed) => Some(seed.value),
                _ => None,
            })
            .unwrap_or(0)
    }

    /// `dynamic`, `allow self` and `seed` stand once; items that a kind of file cannot have.
    fn flags(&mut self) {
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for item in &root.file.items {
            let word = match &item.kind {
                ItemKind::Dynamic => "dynamic",
                ItemKind::AllowSelf => "allow self",
                ItemKind::Seed(_) => "seed",
                ItemKind::Leaderboard(_) => "leaderboard",
                _ => continue,
            };
            self.allow_self |= word == "allow self";
            match seen.iter().find(|(known, _)| *known == word) {
                Some((_, earlier)) => self.tell(
                    error(codes::REPEATED_CLAUSE, item.span, format!("`{word}` stands twice"))
                        .also(*earlier, "the first one")
                        .help("keep one of them"),
                ),
                None => seen.push((word, item.span)),
            }
        }
        let mut names: Vec<(&str, Span)> = Vec::new();
        for test in tests(library) {
            match names.iter().find(|(known, _)| *known == &*test.name.value) {
                Some((_, earlier)) => {
                    let problem = loading::twice(&test.name.value, test.name.span, *earlier);
                    self.tell(problem);
                }
                None => names.push((&test.name.value, test.name.span)),
            }
        }
        for module in &library.modules {
            let Some(header) = &module.file.header else { continue };
            for item in &module.file.items {
                let (word, homes): (&str, &[FileKind]) = match &item.kind {
                    ItemKind::Node(_) => ("a node", &[FileKind::Pipeline]),
                    ItemKind::Report(_) => ("a report", &[FileKind::Pipeline, FileKind::Suite]),
                    ItemKind::Test(_) => ("a test", &[FileKind::Pipeline, FileKind::Suite]),
                    ItemKind::Model(_) => ("a model", &[FileKind::Pipeline, FileKind::Suite]),
                    ItemKind::Run(_) => ("a run", &[FileKind::Suite]),
                    ItemKind::Score(_) => ("a score", &[FileKind::Suite]),
                    ItemKind::Leaderboard(_) => ("a leaderboard", &[FileKind::Suite]),
                    _ => continue,
                };
                if !homes.contains(&header.kind) {
                    let kind = match header.kind {
                        FileKind::Pipeline => "pipeline",
                        FileKind::Library => "library",
                        FileKind::Suite => "suite",
                    };
                    self.tell(
                        error(codes::WRONG_ITEM, item.span, format!("{word} does not belong in a {kind}"))
                            .help("a pipeline has nodes, a library what several files share, a suite runs and scores"),
                    );
                }
            }
        }
    }
}

/// Definitions that nothing mentions.
fn unused(library: &Library, defined: &[Defined], used: &HashSet<Span>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut told: HashSet<Span> = HashSet::new();
    let root = library.module(ModuleId::ROOT);
    let is_library = root.file.header.as_ref().is_some_and(|header| header.kind == FileKind::Library);
    for one in defined {
        if used.contains(&one.span) || !told.insert(one.span) || (is_library && one.what.is_exported()) {
            continue;
        }
        let (what, name) = (one.what.word(), &one.name);
        found.push(
            error(codes::UNUSED, one.span, format!("{what} `{name}` is never used"))
                .help(format!("use it or remove it; a name that begins with `_` may stay: `_{name}`")),
        );
    }
    found.extend(unused_names(library, used));
    found.extend(unread_fields(&root.file));
    found
}

/// Types and imports that nothing mentions.
fn unused_names(library: &Library, used: &HashSet<Span>) -> Vec<Diagnostic> {
    let root = library.module(ModuleId::ROOT);
    let mut found = Vec::new();
    for item in &root.file.items {
        match &item.kind {
            ItemKind::Type(kind) if !used.contains(&kind.name.span) => {
                let exported =
                    root.file.header.as_ref().is_some_and(|header| header.kind == FileKind::Library);
                if !exported && !kind.name.value.starts_with('_') {
                    found.push(
                        error(
                            codes::UNUSED,
                            kind.name.span,
                            format!("the type `{}` is never used", kind.name.value),
                        )
                        .help("use it or remove it"),
                    );
                }
            }
            ItemKind::Use(one) => {
                for name in &one.names {
                    let seen = name.rename.as_ref().unwrap_or(&name.name);
                    if !used.contains(&seen.span) && !root.broken.contains(&seen.value) {
                        found.push(
                            error(codes::UNUSED, seen.span, format!("`{}` is never used", seen.value))
                                .help("take it out of the `use`"),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    let mut modules: Vec<_> = root.modules.iter().collect();
    modules.sort_by_key(|(_, named)| named.span.start);
    for (name, named) in modules {
        if !used.contains(&named.span) {
            found.push(
                error(codes::UNUSED, named.span, format!("`{name}` is never used"))
                    .help("remove the `use`, or name what you want of it: `use ... { name }`"),
            );
        }
    }
    found
}

/// An arm may apply nowhere because the step that would ask is wrong itself.
fn without_idle_arms(diagnostics: &mut Vec<Diagnostic>) {
    let idle = |told: &Diagnostic| told.code == codes::SCRIPT_IDLE;
    if diagnostics.iter().any(|told| !idle(told) && told.code != codes::UNUSED) {
        diagnostics.retain(|told| !idle(told));
    }
}

/// The same thing told twice (by a test and the file itself) is told once; in the order of places.
fn distinct(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: HashSet<(Span, &'static str, String)> = HashSet::new();
    diagnostics.retain(|told| seen.insert((told.primary.span, told.code, told.message.clone())));
    diagnostics.sort_by_key(|told| (told.primary.span.source, told.primary.span.start));
}
