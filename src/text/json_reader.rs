//! One value of JSON, or nearly so, from a place in a text.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::json_repair::{Failure, Fault, Found, Repair};

/// The same limit as serde_json's.
const MOST_NESTED: usize = 128;

pub(super) struct Reader<'a> {
    text: &'a str,
    start: usize,
    place: usize,
    depth: usize,
    repairs: BTreeSet<Repair>,
    /// Whether a quoted key with its colon, or an item with its comma, was read.
    is_json: bool,
}

type Read<T> = Result<T, (usize, Fault)>;

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, start: usize) -> Reader<'a> {
        Reader { text, start, place: start, depth: 0, repairs: BTreeSet::new(), is_json: false }
    }

    pub(super) fn read(mut self) -> Result<Found, Failure> {
        match self.skip_space().and_then(|()| self.value()) {
            Ok(value) => Ok(Found { start: self.start, end: self.place, value, repairs: self.repairs }),
            Err((place, fault)) => {
                let is_json = self.is_json || !matches!(fault, Fault::Unexpected { .. });
                Err(Failure { place, fault, is_json })
            }
        }
    }

    fn value(&mut self) -> Read<Value> {
        match self.peek() {
            Some('{') => self.nested(Reader::object),
            Some('[') => self.nested(Reader::array),
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Value::String),
            Some('-' | '0'..='9') => self.number(),
            Some(next) if next.is_alphabetic() => self.literal(),
            _ => Err(self.fault("a value")),
        }
    }

    fn nested(&mut self, read: fn(&mut Reader<'a>) -> Read<Value>) -> Read<Value> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err((self.place, Fault::TooDeep { most: MOST_NESTED }));
        }
        self.next();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        loop {
            self.skip_space()?;
            if self.closes(']', !items.is_empty()) {
                break;
            }
            items.push(self.value()?);
            if self.last_item(']', "a comma or ']'")? {
                break;
            }
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Read<Value> {
        let mut fields = Map::new();
        loop {
            self.skip_space()?;
            if self.closes('}', !fields.is_empty()) {
                break;
            }
            let quoted = matches!(self.peek(), Some('"' | '\''));
            let key = self.key()?;
            self.skip_space()?;
            if !self.take(':') {
                return Err(self.fault("a colon"));
            }
            self.is_json |= quoted;
            self.skip_space()?;
            fields.insert(key, self.value()?);
            if self.last_item('}', "a comma or '}'")? {
                break;
            }
        }
        Ok(Value::Object(fields))
    }

    /// Whether the bracket closes here, where an item might start.
    fn closes(&mut self, bracket: char, after_comma: bool) -> bool {
        let closes = self.take(bracket);
        if closes && after_comma {
            self.repairs.insert(Repair::TrailingComma);
        }
        // An empty list or object may lack its bracket; what follows a comma is content.
        let ends = !closes && !after_comma && self.peek().is_none();
        if ends {
            self.repairs.insert(Repair::MissingBracket);
        }
        closes || ends
    }

    /// Whether the bracket closes after an item; else a comma was taken.
    fn last_item(&mut self, bracket: char, expected: &'static str) -> Read<bool> {
        self.skip_space()?;
        if self.take(',') {
            self.is_json = true;
            return Ok(false);
        }
        if self.take(bracket) {
            return Ok(true);
        }
        if self.peek().is_none() {
            self.repairs.insert(Repair::MissingBracket);
            return Ok(true);
        }
        Err(self.fault(expected))
    }

    fn key(&mut self) -> Read<String> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote),
            Some(next) if next.is_alphabetic() || next == '_' => {
                self.repairs.insert(Repair::BareKey);
                Ok(self.word().to_owned())
            }
            _ => Err(self.fault("a key")),
        }
    }

    fn string(&mut self, quote: char) -> Read<String> {
        if quote == '\'' {
            self.repairs.insert(Repair::SingleQuotes);
        }
        self.next();
        let mut string = String::new();
        loop {
            let place = self.place;
            match self.next() {
                Some(end) if end == quote => return Ok(string),
                Some('\\') => string.push(self.escape()?),
                Some(character) => {
                    if character.is_ascii_control() && character != '\u{7f}' {
                        self.repairs.insert(Repair::RawControl);
                    }
                    string.push(character);
                }
                None => return Err((place, Fault::CutOff { expected: "the end of a string" })),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        const EXPECTED: &str = "an escape";
        let found = self.peek();
        let meant = match found {
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('\'') => {
                self.repairs.insert(Repair::Escape);
                '\''
            }
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.next();
                return self.code_point();
            }
            _ => return Err(self.fault(EXPECTED)),
        };
        self.next();
        Ok(meant)
    }

    /// The character of four hexadecimal digits, or of a pair of surrogates.
    fn code_point(&mut self) -> Read<char> {
        let first = self.four_digits()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let place = self.place;
        if self.take('\\') && self.take('u') {
            let second = self.four_digits()?;
            let pair = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second);
            let joined = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
            if let Some(character) = char::from_u32(joined).filter(|_| pair) {
                return Ok(character);
            }
        }
        self.place = place;
        Err(self.fault("the second half of a surrogate pair"))
    }

    fn four_digits(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.fault("a hexadecimal digit"));
            };
            code = code * 16 + digit;
            self.next();
        }
        Ok(code)
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.place;
        self.take('-');
        if !self.take('0') {
            self.digits()?;
        }
        if self.take('.') {
            self.digits()?;
        }
        if self.take('e') || self.take('E') {
            let _ = self.take('-') || self.take('+');
            self.digits()?;
        }
        // More digits may have been meant, so a number must be seen to end.
        if self.peek().is_none() {
            return Err((self.place, Fault::CutOff { expected: "the end of a number" }));
        }
        let number: Result<Number, _> = self.text[start..self.place].parse();
        number.map(Value::Number).map_err(|_| {
            self.place = start;
            self.fault("a number of usual size")
        })
    }

    fn digits(&mut self) -> Read<()> {
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Err(self.fault("a digit"));
        }
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
        }
        Ok(())
    }

    fn literal(&mut self) -> Read<Value> {
        let start = self.place;
        let (value, python) = match self.word() {
            "true" => (Value::Bool(true), false),
            "false" => (Value::Bool(false), false),
            "null" => (Value::Null, false),
            "True" => (Value::Bool(true), true),
            "False" => (Value::Bool(false), true),
            "None" => (Value::Null, true),
            _ => {
                self.place = start;
                return Err(self.fault("a value"));
            }
        };
        if python {
            self.repairs.insert(Repair::PythonLiteral);
        }
        Ok(value)
    }

    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.place..];
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let word = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
        self.place += word.len();
        word
    }

    fn skip_space(&mut self) -> Read<()> {
        loop {
            let rest = &self.text[self.place..];
            let trimmed = rest.trim_start();
            self.place += rest.len() - trimmed.len();
            let comment = if trimmed.starts_with("//") || trimmed.starts_with('#') {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if let Some(inside) = trimmed.strip_prefix("/*") {
                match inside.find("*/") {
                    Some(length) => length + 4,
                    None => {
                        return Err((self.text.len(), Fault::CutOff { expected: "the end of a comment" }));
                    }
                }
            } else {
                return Ok(());
            };
            self.repairs.insert(Repair::Comment);
            self.place += comment;
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.place..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.place += next.map_or(0, char::len_utf8);
        next
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.place += wanted.len_utf8();
        }
        there
    }

    fn fault(&self, expected: &'static str) -> (usize, Fault) {
        let fault = match self.peek() {
            Some(found) => Fault::Unexpected { found, expected },
            None => Fault::CutOff { expected },
        };
        (self.place, fault)
    }
}
