//! Values inside partial results, written in the one encoding of values.

use serde::{Deserialize, Deserializer, Serializer, de};

use crate::data::codec::{decode_value, encode_value};
use crate::data::row::RowId;
use crate::data::value::Value;

/// What is written as a list of values.
pub(super) trait Coded: Sized {
    fn to_values(&self) -> Vec<Value>;
    /// Nothing where the values are something else.
    fn from_values(values: &[Value]) -> Option<Self>;
}

pub(super) fn serialize<T: Coded, S: Serializer>(coded: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::new();
    encode_value(&Value::list(coded.to_values()), &mut bytes);
    serializer.serialize_bytes(&bytes)
}

pub(super) fn deserialize<'de, T: Coded, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let bytes = <&[u8]>::deserialize(deserializer)?;
    let read = match decode_value(bytes) {
        Ok(Value::List(values)) => T::from_values(&values),
        _ => None,
    };
    read.ok_or_else(|| de::Error::custom("not the values of a partial result"))
}

impl Coded for Vec<Value> {
    fn to_values(&self) -> Vec<Value> {
        self.clone()
    }

    fn from_values(values: &[Value]) -> Option<Vec<Value>> {
        Some(values.to_vec())
    }
}

impl Coded for Option<Value> {
    fn to_values(&self) -> Vec<Value> {
        self.iter().cloned().collect()
    }

    fn from_values(values: &[Value]) -> Option<Option<Value>> {
        match values {
            [] => Some(None),
            [value] => Some(Some(value.clone())),
            _ => None,
        }
    }
}

impl Coded for Vec<(RowId, Value)> {
    fn to_values(&self) -> Vec<Value> {
        self.iter().flat_map(|(id, value)| [Value::Id(*id), value.clone()]).collect()
    }

    fn from_values(values: &[Value]) -> Option<Vec<(RowId, Value)>> {
        let (pairs, []) = values.as_chunks::<2>() else { return None };
        let pair = |[id, value]: &[Value; 2]| match id {
            Value::Id(id) => Some((*id, value.clone())),
            _ => None,
        };
        pairs.iter().map(pair).collect()
    }
}

impl Coded for Option<(RowId, Value)> {
    fn to_values(&self) -> Vec<Value> {
        self.iter().cloned().collect::<Vec<_>>().to_values()
    }

    fn from_values(values: &[Value]) -> Option<Option<(RowId, Value)>> {
        let mut pairs = Vec::from_values(values)?;
        (pairs.len() <= 1).then(|| pairs.pop())
    }
}
