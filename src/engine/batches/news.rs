//! What happens with batches, for whoever shows it.

use std::fmt;

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchNews {
    pub model: String,
    /// Calls in the batch.
    pub calls: usize,
    pub what: Happened,
}

/// What happened with a batch; `id` is the provider's name for it, `note` the name under which the
/// store keeps it in `pending/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    HandedIn {
        id: String,
    },
    /// As a whole, before or after it was handed in.
    Refused {
        cause: String,
    },
    Working {
        id: String,
        done: u64,
        total: u64,
    },
    TakenIn {
        id: String,
        replies: usize,
        failed: usize,
    },
    /// The provider can't be asked after a batch just now.
    Waiting {
        id: Option<String>,
        cause: String,
    },
    /// The provider says that it knows nothing of a batch that it took, or that it may not be asked.
    Denied {
        id: String,
        cause: String,
        note: String,
    },
    /// The provider did not confirm that it took a batch.
    Unconfirmed {
        cause: String,
    },
    /// A batch that was not confirmed is in the provider's list.
    Found {
        id: String,
    },
    /// A batch that was not confirmed is not in the provider's list, but may yet come up there.
    NotThereYet,
    NotThere,
    /// A batch that was not confirmed can't be looked for.
    Unclear {
        cause: String,
        note: String,
    },
    /// A batch of a model that this program does not ask.
    Elsewhere {
        id: Option<String>,
    },
}

impl fmt::Display for BatchNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = &self.model;
        let calls = counted(self.calls as u64);
        match &self.what {
            Happened::HandedIn { id } => write!(f, "{calls} to {model} handed in as batch {id}"),
            Happened::Refused { cause } => write!(f, "{model} did not take a batch of {calls}: {cause}"),
            Happened::Working { id, done, total } => {
                write!(f, "batch {id} of {model}: {done} of {} done", counted(*total))
            }
            Happened::TakenIn { id, replies, failed } => {
                let replies = match replies {
                    1 => "1 reply".to_owned(),
                    many => format!("{many} replies"),
                };
                write!(f, "{replies} of {model} taken in from batch {id}")?;
                match failed {
                    0 => Ok(()),
                    _ => write!(f, "; {} brought none", counted(*failed as u64)),
                }
            }
            Happened::Waiting { id, cause } => {
                let batch = id.as_ref().map_or("a batch".to_owned(), |id| format!("batch {id}"));
                write!(f, "{model} can't be asked after {batch} just now, and will be again: {cause}")
            }
            Happened::Denied { id, cause, note } => write!(
                f,
                "{model} says nothing of batch {id} with {calls}: {cause}\n  Its calls are not asked again. \
                 If the key is the one that it was handed in with and the batch is lost, remove \
                 pending/{note}.json.zst from the store"
            ),
            Happened::Unconfirmed { cause } => write!(
                f,
                "{model} did not confirm that it took a batch of {calls}: {cause}\n  It is looked for before \
                 anything is asked again"
            ),
            Happened::Found { id } => {
                write!(f, "{model} did take the batch of {calls} that it had not confirmed, as {id}")
            }
            Happened::NotThereYet => write!(
                f,
                "{model} does not list the batch of {calls} that it had not confirmed; it is looked for until \
                 ten minutes after it was handed in"
            ),
            Happened::NotThere => write!(
                f,
                "{model} did not take the batch of {calls} that it had not confirmed; they can go out again"
            ),
            Happened::Unclear { cause, note } => write!(
                f,
                "whether {model} took a batch of {calls} is not known, so they are not asked again: {cause}\n  \
                 Look at the provider's list of batches, and remove pending/{note}.json.zst from the store if \
                 it is not there"
            ),
            Happened::Elsewhere { id: Some(id) } => {
                write!(f, "batch {id} with {calls} to {model} is out; a run that asks {model} takes it in")
            }
            Happened::Elsewhere { id: None } => write!(
                f,
                "a batch with {calls} to {model} was not confirmed; a run that asks {model} looks for it"
            ),
        }
    }
}

fn counted(calls: u64) -> String {
    if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") }
}
