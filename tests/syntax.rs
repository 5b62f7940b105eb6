use std::fs;
use std::path::Path;

use tgp::diagnostics::source::SourceId;
use tgp::syntax::parse::parse;

#[test]
fn ok() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/syntax/ok");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (file, diagnostics) = parse(SourceId(0), &text);
        assert!(diagnostics.is_empty(), "{path:?}: {}", diagnostics[0].message);
        assert!(file.header.is_some());
        if std::env::var("SHOW").is_ok_and(|n| path.ends_with(n)) {
            println!("{file:#?}");
        }
    }
}
