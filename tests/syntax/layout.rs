use tgp::diagnostics::source::SourceId;
use tgp::syntax::format::format;
use tgp::syntax::parse::parse;

use super::corpus::files;

/// The tree of a text without its places.
pub(crate) fn meaning(text: &str) -> String {
    let (file, diagnostics) = parse(SourceId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}\n{text}");
    let tree = format!("{file:?}");
    let mut meaning = String::new();
    let mut rest = tree.as_str();
    while let Some((before, after)) = rest.split_once("start: ") {
        meaning.push_str(before);
        rest = after.split_once('}').unwrap().1;
    }
    meaning + rest
}

/// Every comment of a text, in order.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.find("# ").map(|at| line[at..].trim_end())).collect()
}

pub(crate) fn assert_laid_out_well(text: &str, from: &str) -> String {
    let once = format(text).unwrap_or_else(|diagnostics| panic!("{from}: {diagnostics:?}"));
    let twice = format(&once).unwrap_or_else(|diagnostics| panic!("{from}: {diagnostics:?}\n{once}"));
    assert_eq!(twice, once, "{from}: the layout is not stable");
    assert_eq!(meaning(&once), meaning(text), "{from}: the meaning has changed");
    let hashes = |text: &str| text.matches('#').count();
    assert_eq!(hashes(&once), hashes(text), "{from}: a comment is lost\n{once}");
    once
}

#[test]
fn the_layout_is_stable_and_keeps_meaning_and_comments() {
    for (path, text) in files("ok") {
        let from = path.display().to_string();
        let laid_out = assert_laid_out_well(&text, &from);
        assert_eq!(comments(&laid_out), comments(&text), "{from}");
    }
}

/// `layout/*.tgp` are badly laid out; `*.formatted` beside them is how they should be.
#[test]
fn a_layout_is_canonical() {
    for (path, text) in files("layout") {
        let laid_out = assert_laid_out_well(&text, &path.display().to_string());
        let expected = path.with_extension("formatted");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &laid_out).unwrap();
        }
        assert_eq!(laid_out, std::fs::read_to_string(&expected).unwrap(), "{}", path.display());
    }
}

#[test]
fn a_file_with_a_slip_has_no_layout() {
    for (path, text) in files("err") {
        assert!(format(&text).is_err(), "{}", path.display());
    }
}
