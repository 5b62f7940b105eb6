//! What a response's headers say about waiting and about what is left.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};

static OPENAI_REQUESTS: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
static OPENAI_TOKENS: HeaderName = HeaderName::from_static("x-ratelimit-limit-tokens");
static ANTHROPIC_REQUESTS: HeaderName = HeaderName::from_static("anthropic-ratelimit-requests-limit");

/// What is left of a quota, and when it is full again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::models) struct Quota {
    pub(in crate::models) limit: f64,
    pub(in crate::models) remaining: f64,
    pub(in crate::models) reset: Duration,
}

impl Quota {
    /// How long until `amount` is there, at the rate at which the quota refills; `None` where
    /// it is there already.
    pub(super) fn wait_for(&self, amount: f64) -> Option<Duration> {
        let missing = amount.min(self.limit) - self.remaining;
        let spent = self.limit - self.remaining;
        (missing > 0.0 && spent > 0.0).then(|| self.reset.mul_f64((missing / spent).min(1.0)))
    }
}

/// The quotas that a response states.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::models) struct Quotas {
    pub(in crate::models) requests: Option<Quota>,
    pub(in crate::models) tokens: Option<Quota>,
}

impl Quotas {
    /// Reads `x-ratelimit-*` (OpenAI and those like it) and `anthropic-ratelimit-*`.
    /// `now` is the time since the epoch.
    pub(in crate::models) fn read(headers: &HeaderMap, now: Duration) -> Quotas {
        if headers.contains_key(&OPENAI_REQUESTS) || headers.contains_key(&OPENAI_TOKENS) {
            let quota = |what: &str| quota(headers, now, |part| format!("x-ratelimit-{part}-{what}"));
            return Quotas { requests: quota("requests"), tokens: quota("tokens") };
        }
        if headers.contains_key(&ANTHROPIC_REQUESTS) {
            let quota = |what: &str| quota(headers, now, |part| format!("anthropic-ratelimit-{what}-{part}"));
            return Quotas { requests: quota("requests"), tokens: quota("tokens") };
        }
        Quotas::default()
    }

    pub(in crate::models) fn is_empty(&self) -> bool {
        self.requests.is_none() && self.tokens.is_none()
    }
}

fn quota(headers: &HeaderMap, now: Duration, name: impl Fn(&str) -> String) -> Option<Quota> {
    let text = |part: &str| headers.get(name(part))?.to_str().ok().map(str::trim);
    Some(Quota {
        limit: text("limit")?.parse().ok()?,
        remaining: text("remaining")?.parse().ok()?,
        reset: moment(text("reset")?, now)?,
    })
}

/// How long the server asks to wait: `retry-after-ms`, `Retry-After` in seconds or as a date.
pub(in crate::models) fn retry_after(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
        if let Some(milliseconds) = text(name).and_then(|value| value.parse::<f64>().ok()) {
            return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
        }
    }
    moment(text("retry-after")?, now)
}

/// Reads seconds (`1`, `0.5`), a span (`6m0s`, `120ms`), or a date (RFC 2822, RFC 3339) as time
/// from now.
fn moment(text: &str, now: Duration) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    if let Some(span) = span(text) {
        return Some(span);
    }
    let at = text
        .parse::<jiff::Timestamp>()
        .or_else(|_| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text))
        .ok()?;
    Some(Duration::try_from(at.as_duration()).ok()?.saturating_sub(now))
}

fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total += Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        rest = tail;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn reads_every_form_of_retry_after() {
        let cases = [
            ("retry-after", "2", 2_000),
            ("retry-after", "0.25", 250),
            ("retry-after-ms", "1500", 1_500),
            ("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT", 10_000),
            ("retry-after", "Tue, 14 Nov 2023 22:13:10 GMT", 0),
            ("retry-after", "1m6.5s", 66_500),
        ];
        for (name, value, expected) in cases {
            let read = retry_after(&headers(&[(name, value)]), NOW);
            assert_eq!(read, Some(Duration::from_millis(expected)), "{name}: {value}");
        }
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")]), NOW), None);
        assert_eq!(retry_after(&headers(&[("retry-after", "-1")]), NOW), None);
    }

    #[test]
    fn reads_the_quotas_of_openai_and_anthropic() {
        let quotas = Quotas::read(
            &headers(&[
                ("x-ratelimit-limit-requests", "500"),
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "1m0s"),
            ]),
            NOW,
        );
        assert_eq!(quotas.tokens, None);
        let wait = quotas.requests.and_then(|quota| quota.wait_for(1.0));
        assert_eq!(wait, Some(Duration::from_millis(120)));

        let quotas = Quotas::read(
            &headers(&[
                ("anthropic-ratelimit-requests-limit", "50"),
                ("anthropic-ratelimit-requests-remaining", "49"),
                ("anthropic-ratelimit-requests-reset", "2023-11-14T22:13:21Z"),
                ("anthropic-ratelimit-tokens-limit", "1000"),
                ("anthropic-ratelimit-tokens-remaining", "500"),
                ("anthropic-ratelimit-tokens-reset", "2023-11-14T22:13:50Z"),
            ]),
            NOW,
        );
        assert_eq!(quotas.requests.and_then(|quota| quota.wait_for(1.0)), None);
        let wait = quotas.tokens.and_then(|quota| quota.wait_for(600.0));
        assert_eq!(wait, Some(Duration::from_secs(6)));
    }
}
