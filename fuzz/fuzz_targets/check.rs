//! Any text is read, checked and laid out, or refused: see `fuzz/README.md`.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tgp::check::{LoadProblem, Loader, Overrides, check};
use tgp::diagnostics::source::Source;
use tgp::syntax::format::format;

struct NoFiles;

impl Loader for NoFiles {
    fn file(&self, _: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NotFound { path: path.into() })
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}

fuzz_target!(|text: &str| {
    let checked = check(Source::new("fuzzed.tgp", None, text), &NoFiles, &Overrides::default());
    assert_eq!(checked.program.is_none(), !checked.diagnostics.is_empty());
    if let Ok(once) = format(text) {
        assert_eq!(format(&once).as_ref(), Ok(&once));
    }
});
