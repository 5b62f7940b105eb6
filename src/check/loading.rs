//! Finds and parses every file that a file uses, and collects their names.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{Source, SourceId, Sources, Span};
use crate::syntax::parse;
use crate::syntax::tree::{File, FileKind, ItemKind, Name, Use, UseSource};

use super::codes;
use super::complaint::{Explained, error, suggest, suggestion};
use super::library::{Callable, ItemId, Library, Module, ModuleId, Named, Thing};

static STANDARD: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// Gives the texts that files use. Standard modules are not asked for.
pub trait Loader {
    /// The file at `path`, relative to the folder of the file at `from`.
    fn file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadProblem>;

    /// The library of that dotted name, at a version that meets the requirement.
    fn package(&self, name: &str, requirement: Option<&str>) -> Result<Source, LoadProblem>;
}

/// Why a text could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadProblem {
    #[error("there is no such file: {}", path.display())]
    NotFound { path: PathBuf },
    #[error("it is not UTF-8 text (byte {at})")]
    NotText { at: usize },
    /// A package that `tgp.toml` does not name.
    #[error("no dependency of that name")]
    NoPackage,
    #[error("{0}")]
    Other(String),
}

/// The text of a standard module, such as `std.text`.
pub fn standard_module(name: &str) -> Option<&'static str> {
    let short = name.strip_prefix("std.")?;
    STANDARD.get_file(format!("{short}.tgp"))?.contents_utf8()
}

/// The names of the standard modules, in order.
pub fn standard_modules() -> Vec<String> {
    let mut names: Vec<String> = STANDARD
        .files()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "tgp"))
        .filter_map(|file| file.path().file_stem()?.to_str())
        .filter(|name| *name != "prelude")
        .map(|name| format!("std.{name}"))
        .collect();
    names.sort();
    names
}

/// The prelude always has this place among the sources, so that it is parsed once a process.
const PRELUDE_SOURCE: SourceId = SourceId(1);

fn prelude() -> &'static (Source, Arc<File>) {
    static PRELUDE: OnceLock<(Source, Arc<File>)> = OnceLock::new();
    PRELUDE.get_or_init(|| {
        let text = standard_module("std.prelude").unwrap_or("");
        let (file, _) = parse::parse(PRELUDE_SOURCE, text);
        (Source::new("std.prelude", None, text), Arc::new(file))
    })
}

/// Loads a file and all that it uses. Never fails: what could not be had is told.
pub(super) fn load(root: Source, loader: &dyn Loader, sources: &mut Sources) -> (Library, Vec<Diagnostic>) {
    let mut loading = Loading {
        loader,
        library: Library::default(),
        sources,
        known: HashMap::new(),
        diagnostics: Vec::new(),
    };
    let (source, file) = loading.parse(root);
    loading.module(source, file, "", false);
    let (source, file) = prelude().clone();
    if loading.sources.get(PRELUDE_SOURCE).is_none() {
        loading.sources.add(source);
    }
    let prelude = loading.module(PRELUDE_SOURCE, file, "prelude", true);
    loading.names(prelude);
    loading.uses(ModuleId::ROOT, &mut vec![]);
    loading.names(ModuleId::ROOT);
    loading.header();
    (loading.library, loading.diagnostics)
}

struct Loading<'a> {
    loader: &'a dyn Loader,
    library: Library,
    sources: &'a mut Sources,
    /// Files already here, by path or dotted name.
    known: HashMap<String, ModuleId>,
    diagnostics: Vec<Diagnostic>,
}

/// A used text with a key that tells it from others, and whether it is of the standard library.
type Loaded = Result<(Source, String, bool), Box<Diagnostic>>;

/// A file whose uses are being loaded, for telling a circle.
struct Open {
    key: String,
    name: Arc<str>,
}

impl Loading<'_> {
    fn parse(&mut self, source: Source) -> (SourceId, Arc<File>) {
        let text = source.text.clone();
        let id = self.sources.add(source);
        let (file, problems) = parse::parse(id, &text);
        self.diagnostics.extend(problems);
        (id, Arc::new(file))
    }

    fn module(&mut self, source: SourceId, file: Arc<File>, native: &str, standard: bool) -> ModuleId {
        self.library.modules.push(Module {
            file,
            source,
            native: native.into(),
            standard,
            types: HashMap::new(),
            callables: HashMap::new(),
            things: HashMap::new(),
            modules: HashMap::new(),
            broken: HashSet::new(),
        });
        ModuleId(self.library.modules.len() as u32 - 1)
    }

    fn header(&mut self) {
        let root = self.library.module(ModuleId::ROOT);
        if root.file.header.is_none() && self.diagnostics.is_empty() {
            let start = Span::new(root.source, 0, 0);
            self.diagnostics.push(
                error(codes::NO_HEADER, start, "the file does not say what it is")
                    .help("begin with `pipeline area.name @ 1.0.0`"),
            );
        }
    }

    /// Loads what a file uses and takes over the names it asks for.
    fn uses(&mut self, module: ModuleId, open: &mut Vec<Open>) {
        let file = self.library.module(module).file.clone();
        for item in &file.items {
            if let ItemKind::Use(used) = &item.kind {
                match self.target(module, used, open) {
                    Some(target) => self.import(module, used, target),
                    None => {
                        let names = used.names.iter().map(|name| name.rename.as_ref().unwrap_or(&name.name));
                        let broken = names.chain(&used.rename).map(|name| name.value.clone());
                        self.library.modules[module.0 as usize].broken.extend(broken);
                    }
                }
            }
        }
    }

    fn target(&mut self, module: ModuleId, used: &Use, open: &mut Vec<Open>) -> Option<ModuleId> {
        let (span, written, loaded) = match &used.from {
            UseSource::Module(name) => (name.span, name.value.clone(), self.named_text(name, used)),
            UseSource::File(path) => (path.span, path.value.clone(), self.text_beside(module, path)),
            UseSource::Broken => return None,
        };
        let (source, key, standard) = match loaded {
            Ok(found) => found,
            Err(problem) => {
                self.diagnostics.push(*problem);
                return None;
            }
        };
        if let Some(at) = open.iter().position(|file| file.key == key) {
            let mut chain: Vec<&str> = open[at..].iter().map(|file| &*file.name).collect();
            chain.push(&source.name);
            self.diagnostics.push(
                error(codes::CIRCULAR_USE, span, format!("`{written}` uses itself: {}", chain.join(" -> ")))
                    .help("move what both need into a third file"),
            );
            return None;
        }
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let native = key.rsplit('.').next().unwrap_or(&key).to_owned();
        let name = Arc::clone(&source.name);
        let (source, file) = self.parse(source);
        let id = self.module(source, file.clone(), &native, standard);
        if file.header.as_ref().is_some_and(|header| header.kind != FileKind::Library) {
            self.diagnostics.push(
                error(codes::NOT_A_LIBRARY, span, format!("`{written}` is not a library"))
                    .help("move what is shared into a file that begins with `library`"),
            );
        }
        self.known.insert(key.clone(), id);
        open.push(Open { key, name });
        self.uses(id, open);
        open.pop();
        self.names(id);
        Some(id)
    }

    /// The text of a standard module or a package.
    fn named_text(&self, name: &Name, used: &Use) -> Loaded {
        if name.value.starts_with("std.") || &*name.value == "std" {
            let text = standard_module(&name.value).filter(|_| &*name.value != "std.prelude");
            let Some(text) = text else {
                let modules = standard_modules();
                let names = modules.iter().map(String::as_str);
                let message = format!("no standard module `{}`", name.value);
                let mut problem = error(codes::UNKNOWN_MODULE, name.span, message);
                problem.help = suggestion(&name.value, "there are", names);
                return Err(Box::new(problem));
            };
            return Ok((Source::new(name.value.clone(), None, text), name.value.to_string(), true));
        }
        let requirement = used.version.as_ref().map(|version| &*version.value);
        let source = self.loader.package(&name.value, requirement).map_err(|problem| {
            let message = format!("cannot use `{}`: {problem}", name.value);
            let told = error(codes::UNKNOWN_MODULE, name.span, message);
            Box::new(match problem {
                LoadProblem::NoPackage => told.help(format!(
                    "add it with `tgp add {} --path FOLDER` (or `--git` and `--tag`); the standard library's begin with `std.`",
                    name.value
                )),
                _ => told,
            })
        })?;
        Ok((source, name.value.to_string(), false))
    }

    /// The text of a file whose path stands in a module.
    fn text_beside(&self, module: ModuleId, path: &Name) -> Loaded {
        let from = self.library.module(module).source;
        let from = self.sources.get(from).and_then(|source| source.path.clone());
        let source = self.loader.file(from.as_deref(), &path.value).map_err(|problem| {
            let message = format!("cannot use `{}`: {problem}", path.value);
            let told = error(codes::UNKNOWN_MODULE, path.span, message);
            Box::new(told.help("a path is relative to the folder of the file it stands in"))
        })?;
        let key =
            source.path.as_ref().map_or_else(|| source.name.to_string(), |path| path.display().to_string());
        Ok((source, key, false))
    }

    /// Takes the names of a `use` over from the file it names.
    fn import(&mut self, module: ModuleId, used: &Use, target: ModuleId) {
        if used.names.is_empty() || used.rename.is_some() {
            let name = match (&used.rename, &used.from) {
                (Some(name), _) => name.clone(),
                (None, UseSource::Module(name)) => {
                    let last = name.value.rsplit('.').next().unwrap_or(&name.value);
                    Name::new(last.into(), name.span)
                }
                (None, UseSource::File(path)) => {
                    let stem = Path::new(&*path.value).file_stem().and_then(|stem| stem.to_str());
                    Name::new(stem.unwrap_or("").into(), path.span)
                }
                (None, UseSource::Broken) => return,
            };
            let named = Named { what: target, span: name.span, through: None };
            self.library.modules[module.0 as usize].modules.insert(name.value, named);
        }
        for wanted in &used.names {
            let seen = wanted.rename.as_ref().unwrap_or(&wanted.name);
            let from = self.library.module(target);
            let callable = from.callables.get(&wanted.name.value).copied();
            let kind = from.types.get(&wanted.name.value).copied();
            if callable.is_none() && kind.is_none() {
                // Where the standard library has it, its own text says nothing new.
                let place = |span: Span| (!from.standard).then_some(span);
                let callables = from.callables.iter().map(|(name, named)| (&**name, place(named.span)));
                let types = from.types.iter().map(|(name, named)| (&**name, place(named.span)));
                let mut known: Vec<(&str, Option<Span>)> = callables.chain(types).collect();
                known.sort_unstable_by_key(|(name, _)| *name);
                let source = self.sources.get(from.source).map_or("it", |source| &source.name);
                let problem = error(
                    codes::UNKNOWN_IMPORT,
                    wanted.name.span,
                    format!("`{source}` has no `{}`", wanted.name.value),
                );
                let problem = suggest(problem, &wanted.name.value, "it has", known);
                self.diagnostics.push(problem);
                self.library.modules[module.0 as usize].broken.insert(seen.value.clone());
                continue;
            }
            let here = &mut self.library.modules[module.0 as usize];
            let through = Some(seen.span);
            if let Some(named) = callable {
                let earlier = here.callables.insert(seen.value.clone(), Named { through, ..named });
                if let Some(earlier) = earlier {
                    self.diagnostics.push(twice(
                        &seen.value,
                        seen.span,
                        earlier.through.unwrap_or(earlier.span),
                    ));
                }
            }
            if let Some(named) = kind {
                here.types.insert(seen.value.clone(), Named { through, ..named });
            }
        }
    }

    /// Collects the names that a file defines.
    fn names(&mut self, id: ModuleId) {
        let module = &mut self.library.modules[id.0 as usize];
        let file = module.file.clone();
        for (number, item) in file.items.iter().enumerate() {
            let number = number as u32;
            let place = ItemId { module: id, item: number };
            let taken = match &item.kind {
                ItemKind::Type(kind) => define(&mut module.types, &kind.name, place),
                ItemKind::Function(function) => {
                    define(&mut module.callables, &function.name, Callable::Function(place))
                }
                ItemKind::Stage(stage) => define(&mut module.callables, &stage.name, Callable::Stage(place)),
                ItemKind::Param(param) => define(&mut module.things, &param.name, Thing::Param(number)),
                ItemKind::Model(model) => define(&mut module.things, &model.name, Thing::Model(number)),
                ItemKind::Node(node) => define(&mut module.things, &node.name, Thing::Node(number)),
                _ => None,
            };
            self.diagnostics.extend(taken);
        }
    }
}

fn define<T>(names: &mut HashMap<Arc<str>, Named<T>>, name: &Name, what: T) -> Option<Diagnostic> {
    match names.entry(name.value.clone()) {
        std::collections::hash_map::Entry::Occupied(earlier) => {
            let earlier = earlier.get();
            Some(twice(&name.value, name.span, earlier.through.unwrap_or(earlier.span)))
        }
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(Named { what, span: name.span, through: None });
            None
        }
    }
}

/// Two of one name.
pub(super) fn twice(name: &str, span: Span, earlier: Span) -> Diagnostic {
    error(codes::DUPLICATE_NAME, span, format!("there is already a `{name}`"))
        .also(earlier, "the first one")
        .help("give one of them another name")
}

/// Has no files and no packages.
pub(super) struct NoFiles;

impl Loader for NoFiles {
    fn file(&self, _: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NotFound { path: path.into() })
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}
