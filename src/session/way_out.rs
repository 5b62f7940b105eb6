//! What can be done where a model does not answer.

use crate::models::endpoint::Endpoint;
use crate::models::key_state::KeyState;
use crate::models::reply::{CallFailure, FailureCause};
use crate::text::shortened::shortened;

/// As many characters are told of what a server says.
const SAID: usize = 200;

/// Why no answer came, and what can be done about it. `sees` says that a picture was sent.
pub(super) fn way_out(endpoint: &Endpoint, failure: &CallFailure, sees: bool) -> String {
    let help = match &failure.cause {
        FailureCause::Refused(401 | 403) => Some(match endpoint.key_state() {
            KeyState::Present { place } => format!("look at the key from {place}, and what it is allowed"),
            KeyState::Optional { place } => format!("a key may be wanted: set {place}"),
            KeyState::Unneeded | KeyState::Missing { .. } => {
                "a key may be wanted: name its `key_variable`".to_owned()
            }
        }),
        FailureCause::Refused(404) => Some(format!(
            "look at the model's name `{}` and at the address {}",
            endpoint.model(),
            endpoint.base_url()
        )),
        FailureCause::Refused(400 | 413 | 415 | 422) | FailureCause::Server(_) if sees => Some(
            "it was sent a picture, as in this file: see that the model takes pictures, or bind another"
                .to_owned(),
        ),
        FailureCause::Refused(429) | FailureCause::RateLimited => Some(
            "look at the account's credit and limits, and state `requests_per_minute` in tgp.toml".to_owned(),
        ),
        FailureCause::Unreachable(_) if endpoint.is_hosted() => Some("look at the network".to_owned()),
        FailureCause::Unreachable(_) | FailureCause::CircuitOpen => {
            Some(format!("see that the server runs at {}, or state its `base_url`", endpoint.base_url()))
        }
        FailureCause::TimedOut => {
            Some("ask again, or look at the provider's own page on its state".to_owned())
        }
        _ => None,
    };
    let mut text = failure.cause.to_string();
    let said = message_in(&failure.excerpt).unwrap_or_else(|| failure.excerpt.clone());
    let said = endpoint.shown(&said);
    let said = quoted(&said);
    if !said.is_empty() {
        text.push_str(&format!(": {said}"));
    }
    if let Some(help) = help {
        text.push_str(&format!(" — {help}"));
    }
    text
}

/// So much of what a server said as fits into a sentence of ours, which has an end of its own.
fn quoted(said: &str) -> String {
    shortened(said, SAID).trim_end().trim_end_matches('.').to_owned()
}

/// What an error says in words, where it is in one of the usual forms.
fn message_in(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let places = ["/error/message", "/message", "/error", "/detail"];
    places.iter().find_map(|place| body.pointer(place)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_ends_in_our_sentence() {
        assert_eq!(quoted("no such model."), "no such model");
        assert_eq!(quoted("what?"), "what?");
        let long = "é".repeat(SAID + 1);
        assert_eq!(quoted(&long), format!("{}…", "é".repeat(SAID)));
    }
}
