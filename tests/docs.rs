//! The book: its examples are checked, and what is generated in it is up to date.
//!
//! A block marked `tgp` is a whole file. `tgp,fragment=KIND` is a piece of one, see
//! `docs/context.rs`; `error=CODE` says that the checker must tell that code and no other.
//! `UPDATE=1 cargo test --test integration docs` writes the generated pages anew.

mod block;
mod context;
mod tutorial;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tgp::check::{LoadProblem, Loader, Overrides, check};
use tgp::diagnostics::source::Source;

use block::{Block, blocks};

/// What a fragment leaves unused may be used in the rest of the file.
const UNUSED: &str = "unused-binding";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The pages of the book, relative to the project's folder.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    for folder in ["docs", "docs/errors"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        let files = entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name()));
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages.sort();
    pages
}

/// The files that examples use and run.
struct Beside;

impl Loader for Beside {
    fn file(&self, _: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        let beside = root().join("tests/docs/files").join(path);
        match std::fs::read_to_string(&beside) {
            Ok(text) => Ok(Source::new(path, Some(&beside), text)),
            Err(_) => Err(LoadProblem::NotFound { path: path.into() }),
        }
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}

/// What is wrong with a block; nothing where it is as it should be.
fn wrong(block: &Block, context: &str) -> Option<String> {
    let file = context::file(block, context);
    let checked = check(Source::new("example", None, file.clone()), &Beside, &Overrides::default());
    let lenient = block.fragment.is_some() && block.error.as_deref() != Some(UNUSED);
    let told: Vec<_> = checked.diagnostics.iter().filter(|told| !lenient || told.code != UNUSED).collect();
    let sound = match &block.error {
        None => told.is_empty(),
        Some(code) => !told.is_empty() && told.iter().all(|one| one.code == code),
    };
    if sound {
        return None;
    }
    let mut text = format!("{}:{}: ", block.page.display(), block.line);
    match &block.error {
        None => text.push_str("should be sound\n"),
        Some(code) => writeln!(text, "should be told `{code}`").unwrap(),
    }
    for one in told {
        writeln!(text, "  {}: {}", one.code, one.message).unwrap();
    }
    Some(text + &file)
}

#[test]
fn every_example_is_what_it_is_said_to_be() {
    let context = read("tests/docs/context.tgp");
    let blocks: Vec<Block> =
        pages().iter().flat_map(|page| blocks(page, &read(page.to_str().unwrap()))).collect();
    assert!(blocks.len() >= 50, "only {} blocks are marked `tgp`", blocks.len());
    let wrong: Vec<String> = blocks.iter().filter_map(|block| wrong(block, &context)).collect();
    assert!(wrong.is_empty(), "{} of {} blocks\n{}", wrong.len(), blocks.len(), wrong.join("\n"));
}

/// A link within the book leads to a page that is there, and to a heading of it.
#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages().into_iter().chain([PathBuf::from("pipelines/README.md")]) {
        let text = read(page.to_str().unwrap());
        for target in links(&text).filter(|target| !target.contains("://")) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let there = match path {
                "" => root().join(&page),
                path => root().join(&page).parent().unwrap().join(path),
            };
            let found = std::fs::read_to_string(&there).unwrap_or_default();
            let has_heading = || found.lines().any(|line| line.starts_with('#') && anchor(line) == heading);
            if !there.exists() || (!heading.is_empty() && !has_heading()) {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands in parentheses after brackets, outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    let prose = text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        code ^= fence;
        !code && !fence
    });
    prose.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next()))
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn the_context_of_fragments_is_sound() {
    let context = Source::new("context.tgp", None, read("tests/docs/context.tgp"));
    let checked = check(context, &Beside, &Overrides::default());
    let told: Vec<_> = checked.diagnostics.iter().filter(|told| told.code != UNUSED).collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn an_example_of_an_error_is_of_its_own_page() {
    for page in pages().iter().filter(|page| page.starts_with("docs/errors")) {
        let code = page.file_stem().unwrap().to_str().unwrap();
        for block in blocks(page, &read(page.to_str().unwrap())) {
            assert!(
                block.error.is_none() || block.error.as_deref() == Some(code),
                "{}:{}: an example of another code",
                page.display(),
                block.line
            );
        }
    }
}

/// The codes of the checker, and those that stand in the source of the rooms that keep no list.
fn codes() -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = tgp::check::codes::ALL.into_iter().map(str::to_owned).collect();
    for room in ["src/syntax", "src/project/config", "src/project/project.rs", "src/engine/unsuited.rs"] {
        for path in sources(&root().join(room)) {
            let text = std::fs::read_to_string(path).unwrap();
            let told = text.split("#[cfg(test)]").next().unwrap();
            codes.extend(stated(told));
        }
    }
    codes
}

/// The Rust files of a folder, or the file itself; tests aside.
fn sources(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let rust = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let tests = rust.filter(|path| path.file_stem().is_some_and(|stem| stem != "tests"));
    tests.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// Words with hyphens in quotes are codes: nothing else is written so in these rooms.
fn stated(text: &str) -> impl Iterator<Item = String> {
    let quoted = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2));
    let code = |word: &&str| {
        word.contains('-')
            && word
                .split('-')
                .all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase()))
    };
    quoted.filter(code).map(str::to_owned).chain(text.contains("=> \"syntax\"").then(|| "syntax".to_owned()))
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let codes = codes();
    let pages: BTreeSet<String> = error_pages().into_iter().map(|(code, _)| code).collect();
    let without: Vec<_> = codes.difference(&pages).collect();
    assert!(without.is_empty(), "without a page in docs/errors: {without:?}");
    let idle: Vec<_> = pages.difference(&codes).collect();
    assert!(idle.is_empty(), "pages of codes that are never told: {idle:?}");
}

/// The pages of `docs/errors` by code.
fn error_pages() -> Vec<(String, String)> {
    let pages = pages().into_iter().filter(|page| page.starts_with("docs/errors"));
    let coded = pages.map(|page| {
        let code = page.file_stem().unwrap().to_str().unwrap().to_owned();
        (code, read(page.to_str().unwrap()))
    });
    coded.filter(|(code, _)| code != "README").collect()
}

/// The first sentence of a page's first paragraph.
fn summary(page: &str) -> &str {
    let paragraph = page.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("");
    paragraph.split_once(". ").map_or(paragraph.trim_end_matches('.'), |(sentence, _)| sentence)
}

#[test]
fn the_index_of_errors_is_up_to_date() {
    let mut index = String::from(
        "# What each error means\n\n`tgp check` tells each mistake with a code. Each code has a page: what is wrong, and how to put it right.\n\n| code | what is wrong |\n|---|---|\n",
    );
    for (code, page) in error_pages() {
        writeln!(index, "| [`{code}`]({code}.md) | {}. |", summary(&page).replace('|', "\\|")).unwrap();
    }
    same("docs/errors/README.md", &index);
}

#[test]
fn the_manual_of_the_standard_library_is_up_to_date() {
    same("docs/std.md", &tgp::manual::standard_manual());
}

/// Compares a generated page with the file; `UPDATE=1` writes it.
fn same(path: &str, wanted: &str) {
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(root().join(path), wanted).unwrap();
    }
    let found = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    assert!(found == wanted, "{path} is not up to date: UPDATE=1 cargo test --test integration docs");
}
