//! What a call will take, before it is made.

use std::sync::atomic::Ordering;

use super::endpoint::Endpoint;
use super::lengths::Lengths;
use super::reply::Usage;
use super::request::{ChatRequest, Request};

/// Tokens of a reply, guessed before any has come.
pub const TYPICAL_OUTPUT: u64 = 256;
/// Tokens of the longest reply, guessed before any has come.
pub(super) const LONGEST_OUTPUT: u64 = 1_024;
const TOKENS_PER_PICTURE: u64 = 1_000;
/// Bytes of text that make a token: about four in English, and fewer in most other languages.
const TYPICAL_TOKEN: u64 = 4;
const SHORTEST_TOKEN: u64 = 3;
/// Tokens that a provider puts around a message.
const AROUND: u64 = 16;

/// Tokens and pictures of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    pub input: u64,
    pub output: u64,
    /// Pictures that are painted.
    pub pictures: u32,
}

impl Forecast {
    pub fn tokens(&self) -> u64 {
        self.input + self.output
    }
}

impl Endpoint {
    /// About what a call takes, by the length of its text and of the replies that have come.
    pub fn expected(&self, request: &Request) -> Forecast {
        let typical = self.typical_output.load(Ordering::Relaxed);
        self.forecast(request, TYPICAL_TOKEN, 0, |bound| bound.map_or(typical, |bound| bound.min(typical)))
    }

    /// What a call takes at most: `max_tokens` where that is stated. Where nothing bounds a reply
    /// it is reckoned as long as the longest that came so far.
    pub fn most(&self, request: &Request) -> Forecast {
        let longest = self.longest_output.load(Ordering::Relaxed);
        self.forecast(request, SHORTEST_TOKEN, AROUND, |bound| bound.unwrap_or(longest))
    }

    /// Tokens of a request, by its text.
    pub fn reckoned_input(&self, request: &Request) -> u64 {
        self.forecast(request, TYPICAL_TOKEN, 0, |_| 0).input
    }

    /// About what a call takes where calls like it took so much; `typical` are the tokens of a reply
    /// where none is known.
    pub fn expected_by(&self, request: &Request, known: &Lengths, typical: u64) -> Forecast {
        let typical = known.reply().unwrap_or(typical);
        let by_text = self
            .forecast(request, TYPICAL_TOKEN, 0, |bound| bound.map_or(typical, |bound| bound.min(typical)));
        let output = match request {
            Request::Paint(paint) if self.is_by_length() => {
                known.reply().unwrap_or(TOKENS_PER_PICTURE * u64::from(paint.count))
            }
            _ => by_text.output,
        };
        Forecast { input: known.request(by_text.input), output, ..by_text }
    }

    /// Whether what a call costs at most is known: its reply costs nothing by its length, or the
    /// request bounds it.
    pub fn is_bounded(&self, request: &Request) -> bool {
        match request {
            Request::Chat(chat) => !self.is_by_length() || self.limit_of(chat).is_some(),
            Request::Paint(_) => !self.is_by_length(),
            _ => true,
        }
    }

    /// Whether replies are paid for by their tokens.
    fn is_by_length(&self) -> bool {
        self.price().is_some_and(|price| price.output > 0.0)
    }

    /// What that costs, in US dollars; nothing where the price is not known.
    pub fn price_of(&self, forecast: &Forecast) -> Option<f64> {
        let usage = Usage { input: forecast.input, output: forecast.output, ..Usage::default() };
        self.cost(&usage, forecast.pictures)
    }

    /// Whether what calls cost is not known: no table of prices has the model, and its server is
    /// not in a network of one's own.
    pub fn lacks_price(&self) -> bool {
        self.price().is_none()
    }

    /// Takes in how long a reply was.
    pub(super) fn learn_output(&self, usage: &Usage) {
        if usage.output > 0 {
            let before = self.typical_output.load(Ordering::Relaxed);
            self.typical_output.store((before * 15 + usage.output) / 16, Ordering::Relaxed);
            self.longest_output.fetch_max(usage.output, Ordering::Relaxed);
        }
    }

    /// Takes in how long a reply on record was. These come before any new one, so the first guess
    /// gives way to them soon.
    pub fn learn_recorded(&self, usage: &Usage) {
        if usage.output > 0 {
            let before = self.typical_output.load(Ordering::Relaxed);
            self.typical_output.store((before * 3 + usage.output).div_ceil(4), Ordering::Relaxed);
            self.longest_output.fetch_max(usage.output, Ordering::Relaxed);
        }
    }

    /// Tokens that a reply has at most, where something bounds it.
    fn limit_of(&self, chat: &ChatRequest) -> Option<u64> {
        let stated = chat.parameters.or(&self.parameters).max_tokens;
        stated.or_else(|| self.site.profile.dialect.usual_limit()).map(u64::from)
    }

    fn forecast(
        &self,
        request: &Request,
        token: u64,
        around: u64,
        output: impl Fn(Option<u64>) -> u64,
    ) -> Forecast {
        let tokens = |bytes: usize| (bytes as u64).div_ceil(token);
        match request {
            Request::Chat(chat) => {
                let text = chat.system.as_deref().map_or(0, str::len)
                    + chat.turns.iter().map(|turn| turn.text.len()).sum::<usize>()
                    + chat.schema.as_ref().map_or(0, |schema| schema.to_string().len());
                let pictures = chat.turns.iter().map(|turn| turn.images.len() as u64).sum::<u64>();
                Forecast {
                    input: tokens(text)
                        + pictures * TOKENS_PER_PICTURE
                        + around * (chat.turns.len() as u64 + 1),
                    output: output(self.limit_of(chat)),
                    pictures: 0,
                }
            }
            Request::Embed(texts) => Forecast {
                input: texts.iter().map(|text| tokens(text.len()) + around).sum(),
                ..Forecast::default()
            },
            Request::Classify(text) => Forecast { input: tokens(text.len()) + around, ..Forecast::default() },
            Request::Paint(paint) => Forecast {
                input: tokens(paint.prompt.len()) + around,
                // A picture has tokens where it is paid for by them.
                output: if self.is_by_length() { output(None) } else { 0 },
                pictures: paint.count,
            },
            Request::Search(_) | Request::Fetch(_) => Forecast::default(),
        }
    }
}
