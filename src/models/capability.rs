//! What a provider can be asked for.

use std::fmt;

use super::request::Request;

/// A kind of work, in the language's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Text answered with text.
    Chat,
    /// Text and pictures answered with text. Whether a certain model can see is the model's
    /// matter; this says that the provider's interface can carry pictures.
    Vision,
    /// A prompt answered with pictures.
    Image,
    Embed,
    Classify,
    Search,
    /// The readable text of a page.
    Fetch,
}

impl Capability {
    /// The word for it in the language.
    pub fn name(self) -> &'static str {
        match self {
            Capability::Chat => "chat",
            Capability::Vision => "vision",
            Capability::Image => "image",
            Capability::Embed => "embed",
            Capability::Classify => "classify",
            Capability::Search => "search",
            Capability::Fetch => "fetch",
        }
    }

    /// What a request needs.
    pub fn of(request: &Request) -> Capability {
        match request {
            Request::Chat(chat) if chat.turns.iter().any(|turn| !turn.images.is_empty()) => {
                Capability::Vision
            }
            Request::Chat(_) => Capability::Chat,
            Request::Paint(_) => Capability::Image,
            Request::Embed(_) => Capability::Embed,
            Request::Classify(_) => Capability::Classify,
            Request::Search(_) => Capability::Search,
            Request::Fetch(_) => Capability::Fetch,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
