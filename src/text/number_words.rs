//! Numbers in words.

use std::ops::Range;

use super::pieces::change_share;
use crate::random::Stream;

/// Writes a share of the whole numbers in English words: "7 of 120" becomes "seven of one
/// hundred twenty". Decimals, dates, numbers inside words and numbers with a leading zero stay.
pub fn number_words(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &whole_numbers(text), share, stream, |digits, _| {
        digits.replace(',', "").parse().map_or_else(|_| digits.to_owned(), in_words)
    })
}

/// A whole number in English words.
pub fn in_words(number: u64) -> String {
    if number == 0 {
        return "zero".to_owned();
    }
    let mut groups = Vec::new();
    let mut rest = number;
    for scale in SCALES {
        let group = (rest % 1000) as usize;
        if group > 0 {
            groups.push(format!("{}{scale}", below_thousand(group)));
        }
        rest /= 1000;
    }
    groups.reverse();
    groups.join(" ")
}

fn below_thousand(number: usize) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let small = match rest {
        0 => String::new(),
        1..20 => SMALL[rest].to_owned(),
        _ if rest % 10 == 0 => TENS[rest / 10].to_owned(),
        _ => format!("{}-{}", TENS[rest / 10], SMALL[rest % 10]),
    };
    match (hundreds, small.is_empty()) {
        (0, _) => small,
        (_, true) => format!("{} hundred", SMALL[hundreds]),
        (_, false) => format!("{} hundred {small}", SMALL[hundreds]),
    }
}

const SCALES: [&str; 7] =
    ["", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion"];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

/// Where whole numbers stand alone, with commas between thousands or without.
fn whole_numbers(text: &str) -> Vec<Range<usize>> {
    let mut numbers = Vec::new();
    let mut place = 0;
    while let Some(start) = text[place..].find(|c: char| c.is_ascii_digit()).map(|found| place + found) {
        let run = text[start..].find(|c: char| !c.is_ascii_digit() && !",.".contains(c));
        let mut end = run.map_or(text.len(), |run| start + run);
        place = end;
        // A stop or a comma at the end belongs to the sentence.
        end = start + text[start..end].trim_end_matches([',', '.']).len();
        let joined = |c: char| c.is_alphanumeric() || "_-/:.,%$€£#'’".contains(c);
        let before = text[..start].chars().next_back().is_some_and(joined);
        let after = text[place..].chars().next().is_some_and(joined);
        if !before && !after && is_whole(&text[start..end]) {
            numbers.push(start..end);
        }
    }
    numbers
}

fn is_whole(digits: &str) -> bool {
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let plain = digits == "0" || !digits.starts_with('0');
    let mut rest = groups.peekable();
    let grouped = rest.peek().is_some();
    plain && !digits.contains('.') && (!grouped || first.len() <= 3) && rest.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        for (number, said) in [
            (0, "zero"),
            (13, "thirteen"),
            (40, "forty"),
            (99, "ninety-nine"),
            (100, "one hundred"),
            (1_215, "one thousand two hundred fifteen"),
            (2_000_010, "two million ten"),
        ] {
            assert_eq!(in_words(number), said);
        }
        assert!(in_words(u64::MAX).starts_with("eighteen quintillion four hundred forty-six quadrillion"));
    }

    #[test]
    fn only_whole_numbers_that_stand_alone_change() {
        let text =
            "7 of 1,200, not 3.5, 2024-01-02, GPT-4, 3rd, 007, 1,20, $5 or 99999999999999999999. In 12.";
        let after = number_words(text, 1.0, &mut Stream::new(Digest::of(b"n")));
        assert_eq!(
            after,
            "seven of one thousand two hundred, not 3.5, 2024-01-02, GPT-4, 3rd, 007, 1,20, $5 or 99999999999999999999. In twelve."
        );
    }
}
