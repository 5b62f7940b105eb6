//! Numbers as people read them.

use std::time::Duration;

use super::measure_view::Number;

/// Stands where there is no number.
pub(super) const NONE: &str = "—";

/// What a metric's numbers measure, which says how many digits they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// A share between 0 and 1.
    Rate,
    /// Counted, so whole, other than means of it.
    Count,
    Real,
    /// A score from 0 to 100, which stands on no rows of its own.
    Points,
}

/// A metric's number in words: the value and its interval, equally exact.
pub(super) struct Told {
    /// [`NONE`] where there is none.
    pub(super) value: String,
    /// `[0.524, 0.570]`, or empty.
    pub(super) interval: String,
}

impl Told {
    pub(super) fn new(told: Option<&Number>, scale: Scale) -> Told {
        let Some((told, value)) = told.and_then(|told| Some((told, told.value?))) else {
            return Told { value: NONE.to_owned(), interval: String::new() };
        };
        let bounds = told.low.zip(told.high);
        let decimals = decimals(value, bounds, scale);
        let interval =
            bounds.map(|(low, high)| format!("[{}, {}]", number(low, decimals), number(high, decimals)));
        Told { value: number(value, decimals), interval: interval.unwrap_or_default() }
    }
}

/// Digits after the point that a number needs to be told with its interval: as many as show the
/// interval's width in two digits; of a number without one, three that count. A share has three at
/// least.
fn decimals(value: f64, interval: Option<(f64, f64)>, scale: Scale) -> usize {
    if scale == Scale::Points {
        return 1;
    }
    let width =
        interval.map(|(low, high)| (high - low).abs()).filter(|width| *width > 0.0 && width.is_finite());
    let counting = match (width, scale) {
        (Some(width), _) => counting(width, 2),
        (None, Scale::Rate) => counting(value.abs().min((1.0 - value).abs()), 1),
        (None, Scale::Count) => usize::from(value.fract() != 0.0),
        (None, Scale::Real | Scale::Points) => counting(value, 3),
    };
    if scale == Scale::Rate { counting.max(3) } else { counting }
}

/// Digits after the point with which that many digits of a number count.
fn counting(value: f64, digits: i32) -> usize {
    let size = value.abs();
    // What is left of rounding in a share that is 0 or 1.
    if size < 1e-12 || !size.is_finite() {
        return 0;
    }
    let first = size.log10().floor().clamp(-20.0, 20.0) as i32;
    usize::try_from(digits - 1 - first).unwrap_or(0)
}

/// A number with so many digits after the point, or by its first digits where those were many.
fn number(value: f64, decimals: usize) -> String {
    match decimals {
        _ if !value.is_finite() => NONE.to_owned(),
        0..=8 => grouped(value, decimals),
        _ => format!("{value:.1e}"),
    }
}

/// With a comma between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut digits = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            digits.push(',');
        }
        digits.push(digit);
    }
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    format!("{sign}{digits}{rest}")
}

/// `1,800`
pub fn count(count: u64) -> String {
    grouped(count as f64, 0)
}

/// `1 row`, `1,800 rows`
pub fn counted(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", count(number))
}

/// `$0.31`; less than a cent by its first digits.
pub fn money(microdollars: u64) -> String {
    let dollars = microdollars as f64 / 1e6;
    match microdollars {
        0 => "$0".to_owned(),
        1..1_000 => format!("${dollars:.6}").trim_end_matches('0').to_owned(),
        1_000..10_000 => format!("${dollars:.4}"),
        _ => format!("${}", grouped(dollars, 2)),
    }
}

/// `0.9 s`, `4 min 12 s`, `2 h 05 min`
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, interval: Option<(f64, f64)>, scale: Scale) -> String {
        number(value, decimals(value, interval, scale))
    }

    #[test]
    fn a_number_is_as_exact_as_its_interval() {
        let cases = [
            (0.547_3, (0.524, 0.570), Scale::Rate, "0.547"),
            (0.000_556, (0.000_1, 0.002_5), Scale::Rate, "0.0006"),
            (0.5, (0.1, 0.9), Scale::Rate, "0.500"),
            (1.0, (1.0, 1.0), Scale::Rate, "1.000"),
            (1_042.6, (1_001.9, 1_083.3), Scale::Real, "1,043"),
            (0.017_43, (0.011_9, 0.022_9), Scale::Real, "0.017"),
            (-3.2e-12, (-4e-12, -2e-12), Scale::Real, "-3.2e-12"),
            (f64::NAN, (0.0, 1.0), Scale::Real, "—"),
        ];
        for (value, interval, scale, text) in cases {
            assert_eq!(shown(value, Some(interval), scale), text, "{value}");
        }
    }

    #[test]
    fn a_number_without_an_interval_keeps_the_digits_that_count() {
        let cases = [
            (0.0, Scale::Rate, "0.000"),
            (1e-18, Scale::Rate, "0.000"),
            (0.000_4, Scale::Rate, "0.0004"),
            (0.999_96, Scale::Rate, "0.99996"),
            (1_234.0, Scale::Count, "1,234"),
            (2.5, Scale::Count, "2.5"),
            (0.0, Scale::Real, "0"),
            (-0.042, Scale::Real, "-0.0420"),
            (7.416_6, Scale::Real, "7.42"),
            (1_234_567.25, Scale::Real, "1,234,567"),
        ];
        for (value, scale, text) in cases {
            assert_eq!(shown(value, None, scale), text, "{value}");
        }
    }

    #[test]
    fn money_and_time_read_plainly() {
        assert_eq!(
            [0, 42, 4_200, 310_000, 1_234_560_000].map(money),
            ["$0", "$0.000042", "$0.0042", "$0.31", "$1,234.56"]
        );
        let times = [900, 252_000, 7_500_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(times, ["0.9 s", "4 min 12 s", "2 h 05 min"]);
    }
}
