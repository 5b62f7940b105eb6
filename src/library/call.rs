//! What a native is given, taken by kind.

use std::sync::Arc;

use crate::data::order::order_values;
use crate::data::types::Type;
use crate::data::value::{Image, Turn, Value};
use crate::random::Stream;

/// A function that is built into the program.
pub struct Native {
    /// Module and name, as declared in `stdlib/`: `prelude.words`.
    pub name: &'static str,
    /// Counts its changes of behaviour: part of the fingerprint of what uses it.
    pub version: u32,
    pub run: fn(&mut Call<'_>) -> Answer,
}

/// What a native gives.
pub type Answer = Result<Value, Undefined>;

/// One call of a native.
pub struct Call<'a> {
    pub arguments: &'a [Value],
    /// The arguments' types, as the checker knows them.
    pub kinds: &'a [Type],
    /// Set for natives that draw at random.
    pub stream: Option<&'a mut Stream>,
}

/// Why there is no value here; the row fails as undefined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undefined(pub String);

impl<'a> Call<'a> {
    pub(super) fn argument(&self, at: usize) -> Result<&'a Value, Undefined> {
        self.arguments.get(at).ok_or_else(|| Undefined(format!("argument {} is not there", at + 1)))
    }

    /// The type of an argument.
    pub(super) fn kind(&self, at: usize) -> &'a Type {
        self.kinds.get(at).unwrap_or(&Type::Unknown)
    }

    /// The type of a list argument's elements.
    pub(super) fn element_kind(&self, at: usize) -> &'a Type {
        match self.kind(at).present() {
            Type::List(of) => of,
            _ => &Type::Unknown,
        }
    }

    pub(super) fn text(&self, at: usize) -> Result<&'a str, Undefined> {
        self.shared_text(at).map(|text| &**text)
    }

    pub(super) fn shared_text(&self, at: usize) -> Result<&'a Arc<str>, Undefined> {
        match self.argument(at)? {
            Value::Text(text) => Ok(text),
            _ => Err(wrong(at, "text")),
        }
    }

    pub(super) fn int(&self, at: usize) -> Result<i64, Undefined> {
        match self.argument(at)? {
            Value::Int(int) => Ok(*int),
            _ => Err(wrong(at, "int")),
        }
    }

    /// An int that counts something: below nought is nought.
    pub(super) fn count(&self, at: usize) -> Result<usize, Undefined> {
        self.int(at).map(|int| usize::try_from(int.max(0)).unwrap_or(usize::MAX))
    }

    pub(super) fn float(&self, at: usize) -> Result<f64, Undefined> {
        number(self.argument(at)?).ok_or_else(|| wrong(at, "float"))
    }

    pub(super) fn list(&self, at: usize) -> Result<&'a Arc<[Value]>, Undefined> {
        match self.argument(at)? {
            Value::List(items) => Ok(items),
            _ => Err(wrong(at, "list")),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, at: usize) -> Result<Vec<&'a str>, Undefined> {
        let text = |item: &'a Value| match item {
            Value::Text(text) => Ok(&**text),
            _ => Err(wrong(at, "list of text")),
        };
        self.list(at)?.iter().map(text).collect()
    }

    /// A list of numbers.
    pub(super) fn floats(&self, at: usize) -> Result<Vec<f64>, Undefined> {
        let float = |item| number(item).ok_or_else(|| wrong(at, "list of float"));
        self.list(at)?.iter().map(float).collect()
    }

    /// The numbers of a list that are there.
    pub(super) fn present_floats(&self, at: usize) -> Result<Vec<f64>, Undefined> {
        let present = self.list(at)?.iter().filter(|item| !item.is_missing());
        present.map(|item| number(item).ok_or_else(|| wrong(at, "list of float"))).collect()
    }

    pub(super) fn image(&self, at: usize) -> Result<&'a Image, Undefined> {
        match self.argument(at)? {
            Value::Image(image) => Ok(image),
            _ => Err(wrong(at, "image")),
        }
    }

    pub(super) fn turns(&self, at: usize) -> Result<&'a [Turn], Undefined> {
        match self.argument(at)? {
            Value::Turns(turns) => Ok(turns),
            _ => Err(wrong(at, "turns")),
        }
    }

    pub(super) fn date(&self, at: usize) -> Result<jiff::civil::Date, Undefined> {
        match self.argument(at)? {
            Value::Date(date) => Ok(*date),
            _ => Err(wrong(at, "date")),
        }
    }

    pub(super) fn json(&self, at: usize) -> Result<&'a serde_json::Value, Undefined> {
        match self.argument(at)? {
            Value::Json(json) => Ok(json),
            _ => Err(wrong(at, "json")),
        }
    }

    /// Where to draw from.
    pub(super) fn stream(&mut self) -> Result<&mut Stream, Undefined> {
        self.stream.as_deref_mut().ok_or_else(|| Undefined("there is nothing to draw from here".to_owned()))
    }
}

/// An int or a float as a float.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// Whether two values are the same for a list function.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    order_values(a, b).is_eq()
}

/// Runs a native unless one of its arguments is missing: then so is the result.
pub(super) fn lifted(call: &mut Call<'_>, run: fn(&mut Call<'_>) -> Answer) -> Answer {
    if call.arguments.iter().any(Value::is_missing) { Ok(Value::Missing) } else { run(call) }
}

/// The checker lets no program through that gets here.
fn wrong(at: usize, wanted: &str) -> Undefined {
    Undefined(format!("argument {} is no {wanted}", at + 1))
}
