//! What is let pass in a model's answer, and told.

use std::sync::Arc;

use super::mismatch::Place;

/// One liberty taken with an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Leniency {
    pub place: Place,
    pub liberty: Liberty,
}

/// The ways in which an answer may miss its type and still say clearly what is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Liberty {
    /// `"3"` for an int or a float.
    NumberInText,
    /// `3` or `true` for text.
    TextWithoutQuotes,
    /// `"yes"` or `"True"` for a bool.
    BoolInText,
    /// `"Yes."`, `"**yes**"` or `"not sure"` for the labels `yes` and `not_sure`.
    LabelSpelling,
    /// `true` for the label `yes` (or `true`).
    LabelFromBool,
    /// `"none"`, `"N/A"` or `""` for what may be missing.
    MissingInText,
    /// One value where a list of them was wanted.
    SingleForList,
    /// A list or record written inside a text.
    JsonInText,
    /// `"Label"` for the field `label`.
    FieldSpelling,
}

impl Liberty {
    /// Every one, in the order of their declaration.
    pub const ALL: [Liberty; 9] = [
        Liberty::NumberInText,
        Liberty::TextWithoutQuotes,
        Liberty::BoolInText,
        Liberty::LabelSpelling,
        Liberty::LabelFromBool,
        Liberty::MissingInText,
        Liberty::SingleForList,
        Liberty::JsonInText,
        Liberty::FieldSpelling,
    ];

    /// What it is called in data.
    pub fn label(self) -> &'static str {
        match self {
            Liberty::NumberInText => "number_in_text",
            Liberty::TextWithoutQuotes => "text_without_quotes",
            Liberty::BoolInText => "bool_in_text",
            Liberty::LabelSpelling => "label_spelling",
            Liberty::LabelFromBool => "label_from_bool",
            Liberty::MissingInText => "missing_in_text",
            Liberty::SingleForList => "single_for_list",
            Liberty::JsonInText => "json_in_text",
            Liberty::FieldSpelling => "field_spelling",
        }
    }

    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Liberty::NumberInText => "a number written as text",
            Liberty::TextWithoutQuotes => "a bare value for text",
            Liberty::BoolInText => "true or false written as text",
            Liberty::LabelSpelling => "a label in another spelling",
            Liberty::LabelFromBool => "true or false for a label",
            Liberty::MissingInText => "a word for nothing",
            Liberty::SingleForList => "one value for a list",
            Liberty::JsonInText => "JSON inside a text",
            Liberty::FieldSpelling => "a field name in another spelling",
        }
    }
}

/// What a label or field name is under all its usual spellings.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The only one of the names that `written` can mean, ignoring case and punctuation.
pub(super) fn respell<'a>(
    written: &str,
    mut names: impl Iterator<Item = &'a Arc<str>>,
) -> Option<&'a Arc<str>> {
    let wanted = plain(written);
    let mut same = names.by_ref().filter(|name| plain(name) == wanted);
    let first = same.next()?;
    same.next().is_none().then_some(first)
}
