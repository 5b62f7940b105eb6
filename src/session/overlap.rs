//! How much of one edition's cases stood in another.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::program::Node;
use crate::data::json::render;
use crate::data::row::Row;
use crate::data::types::Type;
use crate::text::near::nearest;

/// Two editions of one node, held against each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// The columns that were compared.
    pub columns: Vec<String>,
    /// Rows of each edition that did not fail.
    pub rows: [u64; 2],
    /// Rows of the first that stand in the second, letter for letter.
    pub exact: u64,
    /// Further rows of the first that share at least so much of their words with one of the second.
    pub near: u64,
    pub least: f64,
    /// The nearest pairs, those that are equal left out.
    pub pairs: Vec<Pair>,
}

/// A row of the first edition and the nearest one of the second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub first: String,
    pub second: String,
    pub likeness: f64,
}

/// The columns of a node that are compared: those named, or all that hold text and belong to the
/// case rather than to what a model answered.
pub fn columns(node: &Node, named: &[String]) -> Result<Vec<usize>, String> {
    if named.is_empty() {
        let text = |kind: &Type| matches!(kind.present(), Type::Text);
        return Ok(node
            .schema
            .visible()
            .filter(|(_, column)| text(&column.kind))
            .map(|(at, _)| at)
            .collect());
    }
    let each = named.iter().map(|name| {
        node.schema
            .column(name)
            .map(|(at, _)| at)
            .ok_or_else(|| format!("`{}` has no column `{name}`", node.name))
    });
    each.collect()
}

/// Holds the rows of two editions against each other.
pub fn overlap(node: &Node, columns: &[usize], first: &[Row], second: &[Row], least: f64) -> Overlap {
    let told = |row: &Row| -> String {
        let cells = columns.iter().filter_map(|at| {
            let column = node.schema.columns.get(*at)?;
            Some(render(row.values.get(*at)?, &column.kind).into_owned())
        });
        cells.collect::<Vec<_>>().join("\n")
    };
    let texts =
        |rows: &[Row]| -> Vec<String> { rows.iter().filter(|row| row.failure.is_none()).map(told).collect() };
    let (first, second) = (texts(first), texts(second));
    let mut known: BTreeMap<&str, u64> = BTreeMap::new();
    for text in &second {
        *known.entry(text).or_default() += 1;
    }
    let (same, others): (Vec<String>, Vec<String>) =
        first.iter().cloned().partition(|text| known.contains_key(text.as_str()));
    let mut near = nearest(&others, &second, least);
    near.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.first.cmp(&b.first)));
    let pairs = near.iter().map(|near| Pair {
        first: others[near.first].clone(),
        second: second[near.second].clone(),
        likeness: near.likeness,
    });
    Overlap {
        columns: columns
            .iter()
            .filter_map(|at| Some(node.schema.columns.get(*at)?.name.to_string()))
            .collect(),
        rows: [first.len() as u64, second.len() as u64],
        exact: same.len() as u64,
        near: near.len() as u64,
        least,
        pairs: pairs.collect(),
    }
}
