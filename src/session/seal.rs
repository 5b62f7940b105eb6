//! A seal: a file that pins what a published result rests on, and the result itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::project::lock::LockedPackage;
use crate::world::World;

use super::derived::{Figure, Holding, Mark};

/// What a seal's name ends in.
pub const ENDING: &str = "seal";

const HEAD: &str = "# Written by `tgp seal`: what these numbers rest on. `tgp verify` derives them again from the\n\
    # replies on record. `tgp cache gc` keeps what this file pins as long as it lies in the project.\n";
/// Of the file's form.
pub(super) const FORM: u32 = 1;

/// What a result rests on, and the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub(super) version: u32,
    /// The program's version.
    pub tgp: String,
    /// When it was made, in universal time.
    pub sealed: String,
    pub pipeline: String,
    pub pipeline_version: String,
    /// The program, from the seal's folder.
    pub file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    pub seed: i64,
    /// Rows of each source, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `--set` and `--bind` as they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bind: Vec<String>,
    /// Of the modules of the standard library that are used.
    pub standard_library: Digest,
    pub replies: Replies,
    /// Of a suite: its runs, under whose names its parameters, tables and numbers stand.
    #[serde(default, rename = "run", skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<SealedRun>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The program's texts, `tgp.toml` and `tgp.lock`, from the project's folder.
    #[serde(default, rename = "text", skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Pinned>,
    #[serde(default, rename = "package", skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<LockedPackage>,
    /// Files that rows and recorded replies were read from, as they are named in the program; of a
    /// suite from the project's folder.
    #[serde(default, rename = "data", skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<Pinned>,
    #[serde(default, rename = "model", skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<SealedModel>,
    #[serde(default, rename = "node", skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Holding>,
    #[serde(default, rename = "number", skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Of a suite.
    #[serde(default, rename = "score", skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// One run of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedRun {
    pub name: String,
    pub pipeline: String,
    pub pipeline_version: String,
    pub seed: i64,
}

/// Something by content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    pub path: String,
    pub hash: Digest,
}

/// The replies that a result rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replies {
    pub count: u64,
    /// The object in the store that lists their keys, 16 bytes each, sorted; its name is its hash.
    pub list: Digest,
    /// What they cost, where that is known.
    pub microdollars: u64,
}

/// A model as it answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedModel {
    /// `openai/gpt-4o`
    pub asked: String,
    /// The server's address, where it is one of the author's own: another server's replies would
    /// be others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What its provider reported as having answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served_by: Vec<String>,
    pub replies: u64,
    /// When the first and the last of them arrived, in universal time.
    pub first: String,
    pub last: String,
}

/// A seal that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {problem}", path.display())]
pub struct BadSeal {
    pub path: PathBuf,
    pub problem: String,
}

impl Seal {
    /// Whether a path is that of a seal.
    pub fn is_named(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == ENDING)
    }

    pub fn read(world: &dyn World, path: &Path) -> Result<Seal, BadSeal> {
        let bad = |problem: String| BadSeal { path: path.to_owned(), problem };
        let bytes = world.read(path).map_err(|error| bad(format!("can't be read: {error}")))?;
        let seal: Seal =
            toml::from_slice(&bytes).map_err(|error| bad(format!("is no seal: {}", error.message())))?;
        if seal.version != FORM {
            return Err(bad(format!("is of form {}, and this program knows form {FORM}", seal.version)));
        }
        Ok(seal)
    }

    pub fn write(&self, world: &dyn World, path: &Path) -> Result<(), BadSeal> {
        let bad = |problem: String| BadSeal { path: path.to_owned(), problem };
        let text = toml::to_string(self).map_err(|error| bad(error.to_string()))?;
        world
            .write(path, format!("{HEAD}{text}").as_bytes())
            .map_err(|error| bad(format!("can't be written: {error}")))
    }

    /// Where the program stands, given where the seal does.
    pub fn program(&self, seal: &Path) -> PathBuf {
        seal.parent().map(Path::to_owned).unwrap_or_default().join(&self.file)
    }
}
