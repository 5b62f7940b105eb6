//! The sound files of the project, and how they are checked.

use std::path::{Path, PathBuf};

use tgp::check::{Checked, LoadProblem, Loader, Overrides, check};
use tgp::diagnostics::source::Source;

/// Gives the files beside the one that uses them.
pub(crate) struct Beside;

impl Loader for Beside {
    fn file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new(""));
        let path = folder.join(path);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Source::new(path.file_name().unwrap().to_string_lossy(), Some(&path), text)),
            Err(_) => Err(LoadProblem::NotFound { path: path.file_name().unwrap().into() }),
        }
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}

pub(crate) struct Sound {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Sound {
    pub(crate) fn check(&self, text: &str, test: Option<&str>) -> Checked {
        let overrides = Overrides { test: test.map(str::to_owned), ..Overrides::default() };
        check(Source::new("file.tgp", Some(&self.path), text), &Beside, &overrides)
    }

    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&self.path).display().to_string()
    }
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "tgp") {
            paths.push(path);
        }
    }
}

/// Every file of the project that is told nothing, laid out in the canonical way.
pub(crate) fn sound_files() -> Vec<Sound> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    // What the parser's corpus has of sound files stands in the checker's too.
    for folder in ["tests/corpus/check", "pipelines", "stdlib"] {
        gather(&root.join(folder), &mut paths);
    }
    paths.sort();
    let files = paths.into_iter().filter_map(|path| {
        let text = tgp::syntax::format::format(&std::fs::read_to_string(&path).unwrap()).ok()?;
        let sound = Sound { path, text };
        sound.check(&sound.text, None).diagnostics.is_empty().then_some(sound)
    });
    files.collect()
}
