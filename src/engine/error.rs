//! Why a run could not go on.

use crate::digest::Digest;
use crate::store::StoreError;

/// Why a run stopped. Rows that fail don't stop it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("`{path}` can't be read: {problem}")]
    Source { path: String, problem: String },

    #[error("`{path}`, line {line}: {problem}")]
    BrokenRecord { path: String, line: u64, problem: String },

    #[error("`{path}` holds two different replies for the key {key}")]
    RepeatedRecording { path: String, key: String },

    #[error("`{path}` holds two different labels for the key {key}")]
    RepeatedLabel { path: String, key: String },

    #[error("`{node}` has {count} rows with the same key, {key}")]
    RepeatedKey { node: String, key: String, count: u64 },

    #[error("`{node}` has {found} rows to sample from{group}, and {wanted} are wanted")]
    TooFewRows { node: String, group: String, found: u64, wanted: u64 },

    #[error("model `{0}` is bound to nothing")]
    Unbound(String),

    #[error("a budget needs prices, and none is known of {}", .0.join(", "))]
    Unpriced(Vec<String>),

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

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            RunError::BrokenRecord { .. } => {
                "mend the line, or leave broken ones out with `on_error skip` after the fields".to_owned()
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
                let model = models.first().map_or("PROVIDER/MODEL", String::as_str);
                format!(
                    "state US dollars for a million tokens in `tgp.toml`, under [prices.\"{model}\"], as \
                     input = … and output = …; or use --max-calls"
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
