//! What people see: diagnostics, tables of numbers, reports. The expected texts stand under
//! `tests/report/`; `UPDATE=1 cargo test` writes them anew, to be read before they are kept.

mod diagnostics;
mod documents;
mod measured;
mod tables;

use std::path::Path;

/// Compares with the expected text, or writes it.
fn assert_looks(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(text == expected, "{name} differs.\n--- expected\n{expected}\n--- is\n{text}");
}
