//! Identities of rows at their source: by key or by content, never by position.

use crate::digest::Hasher;

use super::codec::encode_value;
use super::row::RowId;
use super::value::Value;

/// The identity of a row whose key columns hold these values.
pub fn keyed(values: &[&Value]) -> RowId {
    of("tgp.row.key.v1", values.iter().copied(), 0)
}

/// The identity of a row without a key: its content, and its ordinal (from 0) among the rows of
/// equal content before it, so that two equal lines stay two rows.
pub fn by_content(values: &[Value], ordinal: u64) -> RowId {
    of("tgp.row.content.v1", values.iter(), ordinal)
}

/// The identity of a batch: that of its rows, in the order of their identities.
pub fn of_batch(rows: &[RowId]) -> RowId {
    let mut hasher = Hasher::new("tgp.batch.v1");
    for row in rows {
        hasher.bytes(&row.0.to_le_bytes());
    }
    RowId::from_digest(&hasher.finish())
}

fn of<'a>(domain: &str, values: impl Iterator<Item = &'a Value>, ordinal: u64) -> RowId {
    let mut bytes = Vec::with_capacity(256);
    // Each value's bytes say where they end, so that they need no lengths between them.
    values.for_each(|value| encode_value(value, &mut bytes));
    let mut hasher = Hasher::new(domain);
    hasher.bytes(&bytes).number(ordinal);
    RowId::from_digest(&hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_goes_by_what_and_not_by_where() {
        let [a, b] = [Value::text("a"), Value::text("b")];
        assert_eq!(keyed(&[&a, &b]), keyed(&[&a, &b]));
        assert_ne!(keyed(&[&a, &b]), keyed(&[&b, &a]));
        assert_ne!(keyed(&[&a]), by_content(std::slice::from_ref(&a), 0));
        assert_ne!(by_content(std::slice::from_ref(&a), 0), by_content(std::slice::from_ref(&a), 1));
        assert_ne!(keyed(&[&Value::text("ab"), &Value::text("c")]), keyed(&[&a, &Value::text("bc")]));
        assert_ne!(keyed(&[&Value::Int(1)]), keyed(&[&Value::text("1")]));
    }
}
