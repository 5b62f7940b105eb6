//! Why a piece of JSON is not of a type.

use std::fmt;
use std::sync::Arc;

use crate::data::types::Type;

/// A piece of JSON that is not of the type wanted. Reads as one sentence:
/// ``field `label`: expected int, found text "x"``.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}expected {}, found {found}", Wanted(expected))]
pub struct Mismatch {
    pub place: Place,
    pub expected: Type,
    /// What stood there, such as `text "x"` or `nothing`.
    pub found: String,
}

/// What stands where a field is not there.
const ABSENT: &str = "nothing";

impl Mismatch {
    pub(super) fn new(place: &Place, expected: &Type, found: &serde_json::Value) -> Mismatch {
        Mismatch { place: place.clone(), expected: expected.clone(), found: describe(found) }
    }

    pub(super) fn absent(place: &Place, expected: &Type) -> Mismatch {
        Mismatch { place: place.clone(), expected: expected.clone(), found: ABSENT.to_owned() }
    }

    /// The field of the outermost record that is not there, where that is what is wrong.
    pub(crate) fn absent_field(&self) -> Option<&str> {
        match self.place.steps.as_slice() {
            [PlaceStep::Field(name)] if self.found == ABSENT => Some(name),
            _ => None,
        }
    }
}

/// The way from the outermost value to a part of it; empty for the value itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    steps: Vec<PlaceStep>,
}

#[derive(Clone, Debug, PartialEq)]
enum PlaceStep {
    Field(Arc<str>),
    Element(usize),
}

impl Place {
    pub(crate) fn field(name: &Arc<str>) -> Place {
        Place { steps: vec![PlaceStep::Field(name.clone())] }
    }

    pub(super) fn enter_field(&mut self, name: &Arc<str>) {
        self.steps.push(PlaceStep::Field(name.clone()));
    }

    pub(super) fn enter_element(&mut self, at: usize) {
        self.steps.push(PlaceStep::Element(at));
    }

    /// Back out of what was entered last.
    pub(super) fn leave(&mut self) {
        self.steps.pop();
    }
}

/// As the beginning of a sentence: ``field `claims[2].source`: ``, ``element 2: ``, or nothing.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.steps.as_slice() {
            [] => Ok(()),
            [PlaceStep::Element(at)] => write!(f, "element {at}: "),
            [first, rest @ ..] => {
                f.write_str("field `")?;
                match first {
                    PlaceStep::Field(name) => f.write_str(name)?,
                    PlaceStep::Element(at) => write!(f, "[{at}]")?,
                }
                for step in rest {
                    match step {
                        PlaceStep::Field(name) => write!(f, ".{name}")?,
                        PlaceStep::Element(at) => write!(f, "[{at}]")?,
                    }
                }
                f.write_str("`: ")
            }
        }
    }
}

/// A type as it is asked for: a closed set says that it wants one of its labels.
struct Wanted<'a>(&'a Type);

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Type::Closed(labels) if labels.len() > 1 => write!(f, "one of {}", labels.join(", ")),
            Type::Optional(inner) => write!(f, "{} or null", Wanted(inner)),
            Type::Date => f.write_str("date such as 2026-01-31"),
            Type::List(of) => write!(f, "list of {of}"),
            Type::Record(_) => write!(f, "record {}", self.0),
            other => write!(f, "{other}"),
        }
    }
}

/// A piece of JSON in a few words.
fn describe(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Null => "null".to_owned(),
        serde_json::Value::Bool(it) => format!("bool {it}"),
        serde_json::Value::Number(it) if it.is_f64() => format!("float {it}"),
        serde_json::Value::Number(it) => format!("int {it}"),
        serde_json::Value::String(it) => match it.char_indices().nth(40) {
            None => format!("text {it:?}"),
            Some((end, _)) => format!("text {:?}…", &it[..end]),
        },
        serde_json::Value::Array(it) => format!("list of {}", it.len()),
        serde_json::Value::Object(it) => match it.len() {
            0 => "empty record".to_owned(),
            1..=6 => {
                format!("record with {}", it.keys().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))
            }
            many => format!("record with {many} fields"),
        },
    }
}
