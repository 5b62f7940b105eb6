//! Values out of a TOML text, with a complaint for each that is not what it should be.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use crate::diagnostics::similar::instead;
use crate::diagnostics::source::{SourceId, Span};

pub(super) type Key<'t> = Spanned<Cow<'t, str>>;
pub(super) type Item<'t> = Spanned<DeValue<'t>>;

/// Words that people give to keys of providers.
const SECRETS: [&str; 6] = ["key", "api_key", "apikey", "token", "secret", "password"];

/// What was wrong so far.
pub(super) struct Complaints {
    source: SourceId,
    pub(super) told: Vec<Diagnostic>,
    /// Stretches of the text that hold a secret and must not be shown.
    pub(super) secrets: Vec<Range<usize>>,
}

impl Complaints {
    pub(super) fn new(source: SourceId) -> Complaints {
        Complaints { source, told: Vec::new(), secrets: Vec::new() }
    }

    pub(super) fn tell(
        &mut self,
        code: &'static str,
        at: Range<usize>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.told.push(Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label { span: Span::new(self.source, at.start, at.end), text: String::new() },
            others: Vec::new(),
            help: help.into(),
        });
    }

    /// A key that its table does not know.
    pub(super) fn unknown(&mut self, table: &str, key: &Key<'_>, item: &Item<'_>, known: &[&str]) {
        let name = key.get_ref();
        if SECRETS.contains(&name.to_lowercase().as_str()) && item.get_ref().is_str() {
            self.secrets.push(item.span());
            self.tell(
                "secret-in-config",
                key.span(),
                "a key does not belong in tgp.toml, which is shared with others",
                "set it in the environment and name the variable with `key_variable`, or keep it in a file \
                 and name that with `key_file`; change the key if others have seen it"
                    .to_owned(),
            );
            return;
        }
        let message = format!("`{table}` has no key `{name}`");
        self.tell("unknown-key", key.span(), message, instead(name, known.iter().copied()));
    }

    /// A value that is not what its key is for.
    pub(super) fn wrong(&mut self, key: &Key<'_>, item: &Item<'_>, wanted: &str) {
        let found = match item.get_ref() {
            DeValue::String(_) => "a text".to_owned(),
            DeValue::Integer(number) => format!("`{number}`"),
            DeValue::Float(number) => format!("`{number}`"),
            DeValue::Boolean(truth) => format!("`{truth}`"),
            DeValue::Datetime(date) => format!("`{date}`"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        let message = format!("`{}` is {wanted}, not {found}", key.get_ref());
        self.tell("wrong-value", item.span(), message, None);
    }

    pub(super) fn text<'v>(&mut self, key: &Key<'_>, item: &'v Item<'_>) -> Option<&'v str> {
        match item.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) => {
                self.tell("wrong-value", item.span(), format!("`{}` is empty", key.get_ref()), None);
                None
            }
            None => {
                self.wrong(key, item, "a text");
                None
            }
        }
    }

    /// A number above zero, or zero where that is a number too.
    pub(super) fn amount(&mut self, key: &Key<'_>, item: &Item<'_>, zero: bool) -> Option<f64> {
        let found = number(item.get_ref()).filter(|number| *number > 0.0 || zero && *number == 0.0);
        if found.is_none() {
            self.wrong(key, item, if zero { "a number not below 0" } else { "a number above 0" });
        }
        found
    }

    /// A whole number from 1.
    pub(super) fn count(&mut self, key: &Key<'_>, item: &Item<'_>) -> Option<u32> {
        let found = whole(item.get_ref()).and_then(|number| u32::try_from(number).ok()).filter(|n| *n > 0);
        if found.is_none() {
            self.wrong(key, item, "a whole number from 1");
        }
        found
    }

    pub(super) fn seconds(&mut self, key: &Key<'_>, item: &Item<'_>, zero: bool) -> Option<Duration> {
        let seconds = self.amount(key, item, zero)?;
        let found = Duration::try_from_secs_f64(seconds).ok();
        if found.is_none() {
            self.wrong(key, item, "a number of seconds");
        }
        found
    }

    pub(super) fn table<'v, 't>(&mut self, key: &Key<'_>, item: &'v Item<'t>) -> Option<&'v DeTable<'t>> {
        let found = item.get_ref().as_table();
        if found.is_none() {
            self.wrong(key, item, "a table");
        }
        found
    }

    pub(super) fn list<'v, 't>(&mut self, key: &Key<'_>, item: &'v Item<'t>) -> Option<&'v DeArray<'t>> {
        let found = item.get_ref().as_array();
        if found.is_none() {
            self.wrong(key, item, "a list");
        }
        found
    }
}

/// A finite number.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(_) => whole(value).map(|number| number as f64),
        _ => None,
    }
    .filter(|number| number.is_finite())
}

pub(super) fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
