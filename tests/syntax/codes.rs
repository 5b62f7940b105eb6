use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tgp::diagnostics::source::SourceId;
use tgp::syntax::parse::parse;

use super::corpus::files;

fn codes(text: &str) -> BTreeSet<&'static str> {
    parse(SourceId(0), text).1.iter().map(|diagnostic| diagnostic.code).collect()
}

/// The codes that the wording knows.
fn known() -> BTreeSet<String> {
    let wording =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax/mistake.rs")).unwrap();
    let forms =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax/forms.rs")).unwrap();
    let said = wording.split_once("fn code").unwrap().1.split_once("fn message").unwrap().0.to_owned();
    let said = said + &forms.lines().filter(|line| line.contains("code: \"")).collect::<String>();
    said.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_code_has_a_case_in_the_corpus() {
    let told: BTreeSet<String> =
        files("err").iter().flat_map(|(_, text)| codes(text)).map(str::to_owned).collect();
    assert_eq!(told, known());
}
