//! Why a run could not go on.

use crate::data::write::grid::one_line;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::store::StoreError;

use super::remote::RemoteError;

/// Why a run stopped. Rows that fail don't stop it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] StoreError),

    /// `problem` reads on after the path.
    #[error("`{path}` {problem}")]
    Source { path: String, problem: String, help: Option<&'static str> },

    #[error("`{path}` holds no records")]
    NoRecords { path: String },

    #[error(transparent)]
    Remote(#[from] RemoteError),

    #[error("`{path}`, {place}: {problem}{}", shown(excerpt))]
    BrokenRecord {
        path: String,
        /// Such as "line 4".
        place: String,
        problem: String,
        /// The record's beginning, as it stands in the file.
        excerpt: String,
        help: Option<&'static str>,
    },

    #[error("`{path}` holds two different replies for the key {key}")]
    RepeatedRecording { path: String, key: String },

    #[error("`{path}` holds two different labels for the key {key}")]
    RepeatedLabel { path: String, key: String },

    #[error("{} of `{node}` {} the same key as a row before, such as {key}", rows(*count), have(*count))]
    RepeatedKey {
        node: String,
        /// The first that is repeated.
        key: String,
        /// Rows whose key another row had before.
        count: u64,
    },

    #[error("`{node}` has {found} rows to sample from{group}, and {wanted} are wanted")]
    TooFewRows { node: String, group: String, found: u64, wanted: u64 },

    #[error("model `{0}` is bound to nothing")]
    Unbound(String),

    /// What bound models have nothing for, at its places.
    #[error("{}", .0.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("\n"))]
    Unsuited(Vec<Diagnostic>),

    #[error("a budget needs prices, and none is known of {}", told(.0))]
    Unpriced(Vec<Unpriced>),

    #[error("{0}")]
    Endpoint(String),

    #[error("`{node}`, metric `{metric}`: {missing} rows have no value, and `missing error` allows none")]
    MissingValues { node: String, metric: String, missing: u64 },

    #[error("`{node}`, metric `{metric}`: a value is too large to be summed exactly, or no number")]
    OutOfRange { node: String, metric: String },

    #[error("`{node}`: {count} rows share the key of another baseline")]
    RepeatedBaseline { node: String, count: u64 },

    #[error("a chunk of a table is no longer in the store ({0:?})")]
    LostChunk(Digest),

    #[error("the work on `{0}` ended without a result")]
    Broken(String),

    /// What a unit reads ended with a problem of its own, which is the one to tell.
    #[error("the rows before it could not be made")]
    Abandoned,
}

/// A model whose price is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unpriced {
    /// What its price is stated under.
    pub name: String,
    /// Where its server is, where that is not the provider's own.
    pub address: Option<String>,
    /// The keys that state what it is paid by.
    pub keys: &'static str,
}

fn told(models: &[Unpriced]) -> String {
    let each = models.iter().map(|Unpriced { name, address, .. }| match address {
        Some(address) => format!("{name} at {address}"),
        None => name.clone(),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A broken record's beginning on a line of its own.
fn shown(excerpt: &str) -> String {
    match excerpt.lines().next() {
        None | Some("") => String::new(),
        Some(line) => format!("\n  | {}", one_line(line)),
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn have(count: u64) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

impl RunError {
    /// Whether other rows could make it go away.
    pub fn is_about_rows(&self) -> bool {
        matches!(
            self,
            RunError::RepeatedKey { .. }
                | RunError::TooFewRows { .. }
                | RunError::MissingValues { .. }
                | RunError::OutOfRange { .. }
                | RunError::RepeatedBaseline { .. }
        )
    }

    /// Whether it only follows from another problem.
    pub fn is_consequence(&self) -> bool {
        matches!(self, RunError::Abandoned)
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            RunError::Remote(error) => return error.help(),
            RunError::Source { help, .. } => return help.map(str::to_owned),
            RunError::NoRecords { .. } => {
                "a benchmark without rows has no numbers; look whether this is the file that is meant"
                    .to_owned()
            }
            RunError::BrokenRecord { help: Some(help), .. } => (*help).to_owned(),
            RunError::BrokenRecord { .. } => {
                "mend it, or leave broken records out with `on_error skip` after the fields".to_owned()
            }
            RunError::RepeatedKey { .. } => "name more columns after `key`, or `dedup` before it".to_owned(),
            RunError::RepeatedLabel { .. } => {
                "keep one label a key, or name what tells them apart after `on`".to_owned()
            }
            RunError::TooFewRows { .. } => "say `sample up to` to take what there is".to_owned(),
            RunError::Unbound(name) => {
                format!(
                    "bind it in the file, in `tgp.toml` under [models], or with --bind {name}=openai/gpt-4o"
                )
            }
            RunError::Unpriced(models) => {
                let Unpriced { name, keys, address } = models.first()?;
                let free = match address {
                    Some(_) => ", 0 where it costs nothing by the call",
                    None => "",
                };
                format!(
                    "state it in `tgp.toml` under [prices.\"{name}\"], {keys}{free}; or use --max-calls instead \
                     of a budget"
                )
            }
            RunError::RepeatedBaseline { .. } => {
                "name what tells them apart after `on`, so that each row has one baseline".to_owned()
            }
            RunError::LostChunk(_) => {
                "run again: what is lost is computed anew, and no call is paid twice".to_owned()
            }
            _ => return None,
        })
    }
}
