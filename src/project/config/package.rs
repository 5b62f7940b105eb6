//! `[package]`: the name and version that others know a project by.

use std::ops::Range;

use semver::Version;
use toml::de::DeTable;

use super::complaints::Complaints;

/// Name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: Version,
}

const KEYS: [&str; 2] = ["name", "version"];

/// What a package's name looks like.
pub(in crate::project) const NAME: &str =
    "dotted lower-case words, such as `acme.rubrics`, the first one not `std`";

/// Whether a `use` could name it, and not mean the standard library.
pub fn is_name(name: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    name.split('.').all(word) && name.split('.').next() != Some("std")
}

pub(super) fn read(table: &DeTable<'_>, at: Range<usize>, complaints: &mut Complaints) -> Option<Package> {
    let (mut name, mut version) = (None, None);
    for (key, item) in table.iter() {
        match key.get_ref().as_ref() {
            "name" => match complaints.text(key, item) {
                Some(text) if is_name(text) => name = Some(text.to_owned()),
                Some(text) => {
                    let message = format!("`{text}` is no name for a package");
                    complaints.tell("wrong-value", item.span(), message, format!("a name is {NAME}"));
                }
                None => {}
            },
            "version" => match complaints.text(key, item).map(Version::parse) {
                Some(Ok(found)) => version = Some(found),
                Some(Err(problem)) => {
                    let help = "a version is three numbers, such as 1.2.0".to_owned();
                    complaints.tell(
                        "wrong-value",
                        item.span(),
                        format!("this is no version: {problem}"),
                        help,
                    );
                }
                None => {}
            },
            _ => complaints.unknown("[package]", key, item, &KEYS),
        }
    }
    for missing in KEYS.iter().filter(|key| !table.contains_key(**key)) {
        let help = "a package has a name and a version; leave `[package]` out where others don't use it";
        complaints.tell(
            "missing-key",
            at.clone(),
            format!("`[package]` has no `{missing}`"),
            help.to_owned(),
        );
    }
    Some(Package { name: name?, version: version? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_use_can_name() {
        assert!(is_name("acme.rubrics_2"));
        for wrong in ["", "Acme", "a..b", "a.", "2a", "std.text", "a/b", "../a", "a-b"] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}
