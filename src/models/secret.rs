//! Keys: found late, held as secrets, kept out of everything that is written.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::error::EndpointError;
use crate::text::shortened::shortened;
use crate::world::World;

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeySource {
    File(PathBuf),
    Variable { name: String, required: bool },
    None,
}

impl KeySource {
    /// The key, or nothing where none is needed.
    pub(super) fn load(
        &self,
        endpoint: &str,
        world: &dyn World,
    ) -> Result<Option<SecretString>, EndpointError> {
        let text = match self {
            KeySource::None => return Ok(None),
            KeySource::File(path) => {
                let unreadable = |reason: String| EndpointError::KeyUnreadable {
                    endpoint: endpoint.to_owned(),
                    path: path.clone(),
                    reason,
                };
                let bytes = world.read(path).map_err(|error| unreadable(error.to_string()))?;
                String::from_utf8(bytes).map_err(|_| unreadable("it is not text".to_owned()))?
            }
            KeySource::Variable { name, required } => match world.variable(name) {
                Some(text) => text,
                None if !required => return Ok(None),
                None => {
                    return Err(EndpointError::KeyMissing {
                        endpoint: endpoint.to_owned(),
                        variable: name.clone(),
                    });
                }
            },
        };
        let text = text.trim();
        if text.is_empty() {
            return match self {
                KeySource::Variable { required: false, .. } | KeySource::None => Ok(None),
                KeySource::Variable { name, .. } => {
                    Err(EndpointError::KeyMissing { endpoint: endpoint.to_owned(), variable: name.clone() })
                }
                KeySource::File(path) => Err(EndpointError::KeyUnreadable {
                    endpoint: endpoint.to_owned(),
                    path: path.clone(),
                    reason: "it is empty".to_owned(),
                }),
            };
        }
        Ok(Some(SecretString::from(text)))
    }
}

/// The beginning of a text, with the key masked wherever it stands in it.
pub(super) fn excerpt(text: &str, key: Option<&SecretString>) -> String {
    const MOST: usize = 600;
    let masked = masked(text, key);
    shortened(&masked, MOST).into_owned()
}

/// The text with the key masked wherever it stands in it.
pub(super) fn masked(text: &str, key: Option<&SecretString>) -> String {
    match key {
        Some(key) if text.contains(key.expose_secret()) => text.replace(key.expose_secret(), "[key]"),
        _ => text.to_owned(),
    }
}
