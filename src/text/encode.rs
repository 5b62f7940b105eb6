//! Text in other writing: encodings under which a request still says the same.

use std::fmt::Write;

use base64::Engine;

/// Base64 of the UTF-8 bytes, with padding (RFC 4648).
pub fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Two hexadecimal digits for each UTF-8 byte.
pub fn hex(text: &str) -> String {
    written(text.bytes(), |out, byte| write!(out, "{byte:02x}"))
}

/// Percent-encoding of all bytes but letters, digits and `-._~` (RFC 3986).
pub fn url(text: &str) -> String {
    written(text.bytes(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            write!(out, "{}", char::from(byte))
        }
        _ => write!(out, "%{byte:02X}"),
    })
}

/// Each character's code point in decimal, with spaces between.
pub fn code_points(text: &str) -> String {
    let codes: Vec<String> = text.chars().map(|character| u32::from(character).to_string()).collect();
    codes.join(" ")
}

/// Each UTF-8 byte as eight binary digits, with spaces between.
pub fn binary(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    bytes.join(" ")
}

/// Latin letters moved by thirteen places; applied twice, the text itself.
pub fn rot13(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'a'..='z' => char::from((letter as u8 - b'a' + 13) % 26 + b'a'),
            'A'..='Z' => char::from((letter as u8 - b'A' + 13) % 26 + b'A'),
            _ => letter,
        })
        .collect()
}

/// Digits in place of the letters they resemble.
pub fn leetspeak(text: &str) -> String {
    text.chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            'a' => '4',
            'b' => '8',
            'e' => '3',
            'g' => '9',
            'i' => '1',
            'o' => '0',
            's' => '5',
            't' => '7',
            'z' => '2',
            _ => letter,
        })
        .collect()
}

/// International Morse code (ITU-R M.1677): spaces between letters, ` / ` between words. What
/// has no code stays as it is.
pub fn morse(text: &str) -> String {
    let word = |word: &str| {
        let letters: Vec<String> = word.chars().map(letter_in_morse).collect();
        letters.join(" ")
    };
    let words: Vec<String> = text.split_whitespace().map(word).collect();
    words.join(" / ")
}

fn letter_in_morse(letter: char) -> String {
    let plain = letter.to_ascii_uppercase();
    MORSE
        .iter()
        .find(|(known, _)| *known == plain)
        .map_or_else(|| letter.to_string(), |(_, code)| (*code).to_owned())
}

/// The text backwards, character by character.
pub fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

fn written(bytes: impl Iterator<Item = u8>, write: impl Fn(&mut String, u8) -> std::fmt::Result) -> String {
    let mut out = String::new();
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write(&mut out, byte);
    }
    out
}

const MORSE: [(char, &str); 46] = [
    ('A', ".-"),
    ('B', "-..."),
    ('C', "-.-."),
    ('D', "-.."),
    ('E', "."),
    ('F', "..-."),
    ('G', "--."),
    ('H', "...."),
    ('I', ".."),
    ('J', ".---"),
    ('K', "-.-"),
    ('L', ".-.."),
    ('M', "--"),
    ('N', "-."),
    ('O', "---"),
    ('P', ".--."),
    ('Q', "--.-"),
    ('R', ".-."),
    ('S', "..."),
    ('T', "-"),
    ('U', "..-"),
    ('V', "...-"),
    ('W', ".--"),
    ('X', "-..-"),
    ('Y', "-.--"),
    ('Z', "--.."),
    ('0', "-----"),
    ('1', ".----"),
    ('2', "..---"),
    ('3', "...--"),
    ('4', "....-"),
    ('5', "....."),
    ('6', "-...."),
    ('7', "--..."),
    ('8', "---.."),
    ('9', "----."),
    ('.', ".-.-.-"),
    (',', "--..--"),
    ('?', "..--.."),
    ('\'', ".----."),
    ('/', "-..-."),
    ('(', "-.--."),
    (')', "-.--.-"),
    (':', "---..."),
    ('=', "-...-"),
    ('-', "-....-"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_encodings() {
        assert_eq!(base64("foobar é"), "Zm9vYmFyIMOp");
        assert_eq!(hex("Az é"), "417a20c3a9");
        assert_eq!(url("a b/é~"), "a%20b%2F%C3%A9~");
        assert_eq!(code_points("Aé"), "65 233");
        assert_eq!(binary("A!"), "01000001 00100001");
        assert_eq!(rot13("Hello, World"), "Uryyb, Jbeyq");
        assert_eq!(leetspeak("Elite text"), "3l173 73x7");
        assert_eq!(morse("SOS now é"), "... --- ... / -. --- .-- / é");
        assert_eq!(reversed("añb"), "bña");
    }

    #[test]
    fn rot13_is_its_own_inverse() {
        let text = "The quick brown fox. ÄÖ 12";
        assert_eq!(rot13(&rot13(text)), text);
    }
}
