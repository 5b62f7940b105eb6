//! Whether an endpoint's key is there, without a word of it.

use super::endpoint::Endpoint;
use super::secret::KeySource;

/// Whether a key is there, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// The endpoint takes none.
    Unneeded,
    /// It is there, from this variable or file.
    Present { place: String },
    /// It is not there, and calls go without.
    Optional { place: String },
    /// It is not there, and no call can go out; with the reason and the way out.
    Missing { place: String, problem: String },
}

impl Endpoint {
    /// Whether the key is there. Asks the environment or the file, and nobody over the network.
    pub fn key_state(&self) -> KeyState {
        let place = match &self.key_source {
            KeySource::None => return KeyState::Unneeded,
            KeySource::File(path) => path.display().to_string(),
            KeySource::Variable { name, .. } => name.clone(),
        };
        match self.key_source.load(&self.name, &*self.world) {
            Ok(Some(_)) => KeyState::Present { place },
            Ok(None) => KeyState::Optional { place },
            Err(error) => KeyState::Missing { place, problem: error.to_string() },
        }
    }

    /// The beginning of what a server sent, on one line and with the key masked.
    pub fn shown(&self, text: &str) -> String {
        let words = self.excerpt(text.as_bytes());
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
