//! Sources that lie elsewhere than on this machine.

use std::path::PathBuf;

use crate::data::address::Address;
use crate::digest::Digest;
use crate::models::download::DownloadError;

/// A file of this machine that holds a part of a remote source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    pub path: PathBuf,
    /// Of its content, which is checked before it is read.
    pub content: Digest,
}

/// Gets remote sources and knows them by what was pinned.
pub trait Remote: Send + Sync {
    /// What a source holds, in order. One that is pinned is not asked about: what is pinned is
    /// what it holds. One that is not is got and pinned. Errors: it can't be had; what it holds
    /// now is not what was pinned.
    fn contents(&self, address: &Address) -> Result<Vec<Digest>, RemoteError>;

    /// The files of this machine that hold a source; got again where they are gone.
    fn files(&self, address: &Address) -> Result<Vec<KeptFile>, RemoteError>;
}

/// Why a remote source can't be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("`{address}` {problem}")]
    Download { address: String, problem: DownloadError },
    #[error("`{address}` has nothing to read: {problem}")]
    NotThere { address: String, problem: String },
    #[error("`{address}` has changed: tgp.lock pins {pinned}, and {} is there now", found.short())]
    Changed { address: String, pinned: String, found: Digest },
    #[error("`{address}` is not on this machine, and `--offline` lets nothing be got")]
    Offline { address: String },
    #[error("the copy of `{address}` in `{}` was changed or damaged", path.display())]
    Damaged { address: String, path: PathBuf },
    #[error("{problem}")]
    Project { problem: String },
}

impl RemoteError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            RemoteError::Changed { address, .. } => format!(
                "to take what is there now, run `tgp lock --accept {address}`; what follows from it is \
                 worked out again"
            ),
            RemoteError::Offline { .. } => "run once without --offline; the copy is kept".to_owned(),
            RemoteError::Damaged { .. } => "delete it, and run again to get it anew".to_owned(),
            RemoteError::Download { problem, address } => match problem {
                DownloadError::Refused { status: 401 | 403, .. } if address.starts_with("hf://") => {
                    "accept the dataset's terms on its page, and set HF_TOKEN to a token that may read it"
                        .to_owned()
                }
                DownloadError::Refused { status: 404, .. } => "look whether the address is right".to_owned(),
                problem if problem.may_pass() => {
                    "run again later; what came so far of other sources is kept".to_owned()
                }
                DownloadError::Unreachable { .. } => {
                    "look whether the address is right and the network is there; a source that was read \
                     before needs no network"
                        .to_owned()
                }
                _ => return None,
            },
            RemoteError::NotThere { .. } | RemoteError::Project { .. } => return None,
        })
    }
}

/// For programs that may read files of this machine only.
pub struct NoRemote;

impl Remote for NoRemote {
    fn contents(&self, address: &Address) -> Result<Vec<Digest>, RemoteError> {
        Err(RemoteError::Offline { address: address.to_string() })
    }

    fn files(&self, address: &Address) -> Result<Vec<KeptFile>, RemoteError> {
        Err(RemoteError::Offline { address: address.to_string() })
    }
}
