//! Schemas: the columns of a table.

use std::sync::Arc;

use super::types::Type;

/// A table's columns, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Arc<str>,
    pub kind: Type,
    /// Not shown and not nameable: carries the identity of an ancestor's row.
    pub hidden: bool,
}

impl Schema {
    /// The visible column of that name, with its place.
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| !column.hidden && &*column.name == name)
    }

    /// The visible columns with their places.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.hidden)
    }
}
