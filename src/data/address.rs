//! Where a source lies: on this machine, on the web, or with Hugging Face.

use std::fmt;
use std::sync::Arc;

/// The address of a source, as it is written after `read FORMAT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// A path, relative to the program's folder.
    Path(Arc<str>),
    /// An address that begins with `http://` or `https://`.
    Web(Arc<str>),
    HuggingFace(Dataset),
}

/// `hf://OWNER/NAME/CONFIG/SPLIT`, or `hf://OWNER/NAME@REVISION/CONFIG/SPLIT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dataset {
    /// `OWNER/NAME`.
    pub name: Arc<str>,
    /// A branch, tag or commit; without one, what Hugging Face converted to Parquet by itself.
    pub revision: Option<Arc<str>>,
    pub config: Arc<str>,
    pub split: Arc<str>,
}

/// Why a text is no address. Reads on after "`…` ".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    #[error("is read with {0}, which nothing here understands")]
    Scheme(&'static str),
    #[error("has no server after `://`")]
    NoServer,
    #[error("does not say which split of which configuration is meant")]
    NoSplit,
    #[error("has more parts than a dataset's address has")]
    TooLong,
    #[error("names a revision that is empty")]
    NoRevision,
    #[error("has a part with characters that no dataset's name has")]
    Characters,
}

impl AddressProblem {
    /// What may stand there instead.
    pub fn help(self) -> &'static str {
        match self {
            AddressProblem::Scheme(_) | AddressProblem::NoServer => {
                "write a path, https://SERVER/PATH, or hf://OWNER/NAME/CONFIG/SPLIT"
            }
            AddressProblem::NoSplit | AddressProblem::TooLong | AddressProblem::Characters => {
                "write hf://OWNER/NAME/CONFIG/SPLIT, such as hf://openai/gsm8k/main/test; a dataset \
                 without configurations has the one called `default`"
            }
            AddressProblem::NoRevision => "write a branch, a tag or a commit after `@`, or leave `@` out",
        }
    }
}

impl Address {
    /// Reads an address. What has no `://` is a path.
    pub fn parse(text: &str) -> Result<Address, AddressProblem> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Address::Path(text.into()));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" if rest.trim_start_matches('/').is_empty() => Err(AddressProblem::NoServer),
            "http" | "https" => Ok(Address::Web(text.into())),
            "hf" => Dataset::parse(rest).map(Address::HuggingFace),
            "ftp" | "sftp" => Err(AddressProblem::Scheme("FTP")),
            "s3" | "gs" | "az" => Err(AddressProblem::Scheme("the interface of an object store")),
            "file" => Err(AddressProblem::Scheme("`file://`")),
            _ => Err(AddressProblem::Scheme("another protocol")),
        }
    }

    /// Whether it lies elsewhere than on this machine.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Address::Path(_))
    }
}

impl Dataset {
    fn parse(text: &str) -> Result<Dataset, AddressProblem> {
        let parts: Vec<&str> = text.split('/').collect();
        let [owner, name, config, split] = parts.as_slice() else {
            let short = parts.len() < 4;
            return Err(if short { AddressProblem::NoSplit } else { AddressProblem::TooLong });
        };
        let (name, revision) = match name.split_once('@') {
            Some((_, "")) => return Err(AddressProblem::NoRevision),
            Some((name, revision)) => (name, Some(revision)),
            None => (*name, None),
        };
        let parts = [*owner, name, *config, *split];
        if parts.contains(&"") {
            return Err(AddressProblem::NoSplit);
        }
        if !parts.iter().copied().chain(revision).all(is_plain) {
            return Err(AddressProblem::Characters);
        }
        Ok(Dataset {
            name: format!("{owner}/{name}").into(),
            revision: revision.map(Into::into),
            config: (*config).into(),
            split: (*split).into(),
        })
    }
}

/// Whether a part can stand in an address as it is, and leads nowhere else.
fn is_plain(part: &str) -> bool {
    part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+=".contains(c)) && !part.starts_with('.')
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Path(text) | Address::Web(text) => f.write_str(text),
            Address::HuggingFace(dataset) => {
                write!(f, "hf://{}", dataset.name)?;
                if let Some(revision) = &dataset.revision {
                    write!(f, "@{revision}")?;
                }
                write!(f, "/{}/{}", dataset.config, dataset.split)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_and_written_as_they_were() {
        for text in [
            "data/items.jsonl",
            "C:\\data\\items.csv",
            "https://example.org/a?b=c",
            "hf://openai/gsm8k/main/test",
            "hf://openai/gsm8k@v1.0/main/test",
        ] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()), Ok(text.to_owned()));
        }
        let Ok(Address::HuggingFace(dataset)) = Address::parse("hf://a/b@r/c/d") else { panic!() };
        assert_eq!((&*dataset.name, dataset.revision.as_deref()), ("a/b", Some("r")));
        assert!(Address::parse("HTTP://example.org/x").is_ok_and(|address| address.is_remote()));
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, problem) in [
            ("https://", AddressProblem::NoServer),
            ("hf://squad/train", AddressProblem::NoSplit),
            ("hf://a/b//train", AddressProblem::NoSplit),
            ("hf://a/b/c/d/e.parquet", AddressProblem::TooLong),
            ("hf://a/b@/c/d", AddressProblem::NoRevision),
            ("hf://a/../c/d", AddressProblem::Characters),
            ("hf://a/b/c/d?x", AddressProblem::Characters),
            ("s3://bucket/key", AddressProblem::Scheme("the interface of an object store")),
        ] {
            assert_eq!(Address::parse(text), Err(problem), "{text}");
        }
    }
}
