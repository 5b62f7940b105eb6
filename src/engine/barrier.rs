//! Units that need whole tables: `group`, `sample`, `join` and their like, and `measure`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::program::*;
use crate::data::identity;
use crate::data::row::{Failure, Row, RowId};
use crate::data::value::Value;
use crate::eval::effects::Effects;
use crate::eval::ground::Ground;
use crate::eval::halt::Halt;
use crate::eval::scope::Scope;
use crate::nodes::gather::{Deduping, Grouping, Partners, Sampling, key_of, order};
use crate::nodes::measure::{Measuring, Problem};
use crate::plan::unit::Unit;
use crate::random::Stream;
use crate::syntax::tree::JoinKind;

use super::error::RunError;
use super::memo::Memo;
use super::partial::Parts;
use super::shelf::Shelf;
use super::table::Table;

/// Rows of one chunk made by a whole-table step, where they are made at once.
const CHUNK: usize = 1024;

/// One whole-table unit with its input tables.
pub struct Barrier<'a> {
    pub ground: &'a Ground,
    pub shelf: &'a Shelf,
    pub memo: &'a Memo,
    pub node: &'a Node,
    pub unit: &'a Unit,
    pub inputs: &'a [Table],
    /// Verdicts by people, where the unit is about them.
    pub labels: Vec<Row>,
}

impl Barrier<'_> {
    /// The unit's table.
    pub fn run(&self) -> Result<Table, RunError> {
        let Some(step) = self.node.steps.get(self.unit.steps.start) else { return Ok(Table::default()) };
        match &step.kind {
            StepKind::Sample { count, per, up_to } => self.sample(step, *count, per, *up_to),
            StepKind::Dedup(by) => self.dedup(step, by),
            StepKind::Group { keys, columns } => self.group(step, keys, columns),
            StepKind::Join { keys, adds, kind, .. } => self.join(step, keys, adds, *kind),
            StepKind::Union { columns, .. } => self.union(columns),
            StepKind::Order { by, descending } => self.order(step, by, *descending),
            StepKind::Batch { count, columns } => self.batch(*count, columns),
            StepKind::Labels { read, keys, label } => self.labels(&read.path, keys, *label),
            StepKind::Measure(measure) => self.measure(step, measure),
            _ => Ok(self.main().clone()),
        }
    }

    fn main(&self) -> &Table {
        static EMPTY: Table = Table { chunks: Vec::new() };
        self.inputs.first().unwrap_or(&EMPTY)
    }

    fn other(&self) -> &Table {
        static EMPTY: Table = Table { chunks: Vec::new() };
        self.inputs.get(1).unwrap_or(&EMPTY)
    }

    fn draw(&self) -> u32 {
        self.unit.draws.first().copied().unwrap_or(0)
    }

    /// An expression's value for a row, or why it has none.
    fn value(&self, step: &Step, row: &Row, expr: &Expr) -> Result<Value, Arc<Failure>> {
        let mut effects = Effects::default();
        let mut scope = Scope::of_row(self.ground, self.node.kind, step, self.draw(), row, &mut effects);
        match scope.eval(expr) {
            Ok(value) => Ok(value),
            Err(Halt::Fail(failure)) => Err(Arc::from(*failure)),
            // No whole-table step may ask, so nothing waits and nothing is left out.
            Err(Halt::Waiting | Halt::Drop) => Ok(Value::Missing),
        }
    }

    /// An expression's value for a row; missing where it has none.
    fn eval(&self, step: &Step, row: &Row, expr: &Expr) -> Value {
        self.value(step, row, expr).unwrap_or(Value::Missing)
    }

    fn each(&self, table: &Table, mut see: impl FnMut(&Row)) -> Result<(), RunError> {
        for rows in self.shelf.rows(table) {
            rows?.iter().filter(|row| self.takes(row)).for_each(&mut see);
        }
        Ok(())
    }

    /// Whether a row goes into the unit at all.
    fn takes(&self, row: &Row) -> bool {
        row.failure.is_none() || self.unit.carries_failures(self.node)
    }

    /// The main table's chunks with only some of their rows; a chunk that loses none stays itself.
    fn keep(&self, mut keeps: impl FnMut(&Row) -> bool) -> Result<Table, RunError> {
        self.map(|rows| rows.iter().filter(|row| keeps(row)).cloned().collect())
    }

    fn map(&self, mut change: impl FnMut(&[Row]) -> Vec<Row>) -> Result<Table, RunError> {
        let mut table = Table::default();
        for rows in self.shelf.rows(self.main()) {
            let rows = rows?;
            let made = if rows.iter().all(|row| self.takes(row)) {
                change(&rows)
            } else {
                change(&rows.iter().filter(|row| self.takes(row)).cloned().collect::<Vec<_>>())
            };
            if !made.is_empty() {
                table.chunks.push(self.shelf.put(made)?);
            }
        }
        Ok(table)
    }

    /// A table of rows made at once.
    fn put(&self, rows: Vec<Row>) -> Result<Table, RunError> {
        let mut table = Table::default();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            table.chunks.push(self.shelf.put(rows.by_ref().take(CHUNK).collect())?);
        }
        Ok(table)
    }

    fn sample(&self, step: &Step, count: u64, per: &[Slot], up_to: bool) -> Result<Table, RunError> {
        let mut effects = Effects::default();
        let scope = Scope::new(self.ground, self.node.kind, step, self.draw(), RowId(0), &[], &mut effects);
        let mut sampling = Sampling::new(scope.seed("sample"), count);
        self.each(self.main(), |row| {
            if row.failure.is_none() {
                sampling.see(row.id, key_of(&pick(row, per)));
            }
        })?;
        let chosen = sampling.choose(up_to).map_err(|few| RunError::TooFewRows {
            node: self.node.name.to_string(),
            group: if per.is_empty() {
                String::new()
            } else {
                format!(" in the smallest of its groups ({} rows)", few.found)
            },
            found: few.found,
            wanted: count,
        })?;
        self.keep(|row| row.failure.is_some() || chosen.contains(&row.id))
    }

    fn dedup(&self, step: &Step, by: &Expr) -> Result<Table, RunError> {
        let mut deduping = Deduping::default();
        self.each(self.main(), |row| {
            if row.failure.is_none() {
                // Nothing equals what is missing.
                match self.eval(step, row, by) {
                    Value::Missing => {}
                    value => deduping.see(row.id, &key_of(&[value])),
                }
            }
        })?;
        self.map(|rows| {
            let kept = rows.iter().filter_map(|row| {
                if row.failure.is_some() {
                    return Some(row.clone());
                }
                match self.value(step, row, by) {
                    Ok(Value::Missing) => Some(row.clone()),
                    Ok(value) => deduping.keeps(row.id, &key_of(&[value])).then(|| row.clone()),
                    Err(failure) => Some(Row { failure: Some(failure), ..row.clone() }),
                }
            });
            kept.collect()
        })
    }

    fn group(&self, step: &Step, keys: &[Slot], columns: &[Aggregation]) -> Result<Table, RunError> {
        let mut grouping = Grouping::new(columns);
        self.each(self.main(), |row| {
            let leaf = |leaf: &Aggregate| {
                leaf.arguments.iter().map(|argument| self.value(step, row, argument)).collect()
            };
            let arguments: Result<Vec<Vec<Vec<Value>>>, Arc<Failure>> =
                columns.iter().map(|column| column.leaves.iter().map(leaf).collect()).collect();
            match (arguments, &row.failure) {
                (Ok(arguments), _) => grouping.see(row, pick(row, keys), arguments),
                (Err(_), Some(_)) => grouping.see(row, pick(row, keys), Vec::new()),
                (Err(failure), None) => {
                    let row = Row { failure: Some(failure), ..row.clone() };
                    grouping.see(&row, pick(&row, keys), Vec::new());
                }
            }
        })?;
        let rows = grouping.finish(|column, leaves| {
            let mut effects = Effects::default();
            let mut scope = Scope::new(self.ground, self.node.kind, step, 0, RowId(0), &[], &mut effects);
            scope.frame = leaves;
            scope.frame.resize(column.frame as usize, Value::Missing);
            scope.eval(&column.result).unwrap_or(Value::Missing)
        });
        self.put(rows)
    }

    fn join(
        &self,
        step: &Step,
        keys: &[(Slot, Slot)],
        adds: &[Slot],
        kind: Option<JoinKind>,
    ) -> Result<Table, RunError> {
        let (left, right): (Vec<Slot>, Vec<Slot>) = keys.iter().copied().unzip();
        let mut partners = Partners::default();
        for rows in self.shelf.rows(self.other()) {
            rows?.iter().for_each(|row| partners.see(row, key_of(&pick(row, &right))));
        }
        self.map(|rows| {
            let joined = rows.iter().flat_map(|row| {
                if row.failure.is_some() {
                    let mut row = row.clone();
                    row.values.extend(adds.iter().map(|_| Value::Missing));
                    return vec![row];
                }
                let found = partners.of(&key_of(&pick(row, &left)));
                let found = match kind {
                    Some(JoinKind::Random) => {
                        self.stream(step, row).choose(&found).copied().into_iter().collect()
                    }
                    _ => found,
                };
                if found.is_empty() && kind == Some(JoinKind::Left) {
                    let mut row = row.clone();
                    row.values.extend(adds.iter().map(|_| Value::Missing));
                    return vec![row];
                }
                let with = |partner: &Row| {
                    let mut values = row.values.clone();
                    values.extend(pick(partner, adds));
                    // What the partner could not be made, the pair can't either.
                    let failure = partner.failure.as_ref().map(|failure| {
                        let message = format!("its partner failed: {}", failure.message);
                        Arc::new(Failure { message: message.into(), ..(**failure).clone() })
                    });
                    let id = match kind {
                        // One partner a row: the row stays the row.
                        Some(JoinKind::Random) => row.id,
                        _ => row.id.derive("join", &partner.id.0.to_le_bytes()),
                    };
                    Row { id, values, failure }
                };
                found.into_iter().map(with).collect()
            });
            joined.collect()
        })
    }

    fn stream(&self, step: &Step, row: &Row) -> Stream {
        let mut effects = Effects::default();
        Scope::of_row(self.ground, self.node.kind, step, self.draw(), row, &mut effects).stream("join", 0)
    }

    fn union(&self, columns: &[Slot]) -> Result<Table, RunError> {
        let mut table = self.keep(|_| true)?;
        for rows in self.shelf.rows(self.other()) {
            let rows = rows?;
            let laid =
                |row: &Row| Row { id: row.id, values: pick(row, columns), failure: row.failure.clone() };
            let rows: Vec<Row> = rows.iter().filter(|row| self.takes(row)).map(laid).collect();
            if !rows.is_empty() {
                table.chunks.push(self.shelf.put(rows)?);
            }
        }
        Ok(table)
    }

    fn order(&self, step: &Step, by: &Expr, descending: bool) -> Result<Table, RunError> {
        let mut rows = Vec::new();
        self.each(self.main(), |row| rows.push((self.eval(step, row, by), row.clone())))?;
        order(&mut rows, descending);
        self.put(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn batch(&self, count: u64, columns: &[Slot]) -> Result<Table, RunError> {
        let mut rows = Vec::new();
        let mut failed = Vec::new();
        self.each(self.main(), |row| match row.failure {
            None => rows.push(row.clone()),
            Some(_) => failed.push(Row { values: vec![Value::Missing], ..row.clone() }),
        })?;
        // By identity, so that the order of rows doesn't show.
        rows.sort_by_key(|row| row.id);
        let batches = rows.chunks(count.max(1) as usize).map(|batch| {
            let ids: Vec<RowId> = batch.iter().map(|row| row.id).collect();
            let members = batch.iter().map(|row| Value::Record(pick(row, columns).into()));
            Row { id: identity::of_batch(&ids), values: vec![Value::list(members)], failure: None }
        });
        let batches: Vec<Row> = batches.chain(failed).collect();
        self.put(batches)
    }

    /// Puts people's labels beside the rows whose keys they name.
    fn labels(&self, path: &str, keys: &[(Slot, u32)], label: u32) -> Result<Table, RunError> {
        let mut labels: HashMap<Vec<u8>, &Value> = HashMap::new();
        static NONE: Value = Value::Missing;
        for row in self.labels.iter().filter(|row| row.failure.is_none()) {
            let at = |place: u32| row.values.get(place as usize).unwrap_or(&NONE);
            let key: Vec<Value> = keys.iter().map(|(_, place)| at(*place).clone()).collect();
            let known = labels.insert(key_of(&key), at(label));
            if known.is_some_and(|known| known != at(label)) {
                return Err(RunError::RepeatedLabel { path: path.to_owned(), key: spelled(&key) });
            }
        }
        let slots: Vec<Slot> = keys.iter().map(|(slot, _)| *slot).collect();
        self.map(|rows| {
            let labelled = rows.iter().map(|row| {
                let mut row = row.clone();
                let found = labels.get(&key_of(&pick(&row, &slots))).map(|label| (*label).clone());
                row.values.push(found.unwrap_or(Value::Missing));
                row
            });
            labelled.collect()
        })
    }

    fn measure(&self, step: &Step, measure: &Measure) -> Result<Table, RunError> {
        let mut measuring = Measuring::new(self.ground, step, measure);
        match Parts::of(self.ground, self.shelf, self.memo, self.node, self.unit) {
            Some(parts) => {
                self.main().chunks.iter().try_for_each(|chunk| parts.add(chunk, &mut measuring))?;
            }
            None => {
                self.each(self.main(), |row| measuring.note_baseline(row))?;
                self.each(self.main(), |row| measuring.add(row))?;
            }
        }
        let rows = measuring.finish().map_err(|problem| match problem {
            Problem::Missing { metric, missing } => RunError::MissingValues {
                node: self.node.name.to_string(),
                metric: metric.to_string(),
                missing,
            },
            Problem::OutOfRange { metric } => {
                RunError::OutOfRange { node: self.node.name.to_string(), metric: metric.to_string() }
            }
            Problem::RepeatedBaseline { count } => {
                RunError::RepeatedBaseline { node: self.node.name.to_string(), count }
            }
        })?;
        self.put(rows)
    }
}

fn pick(row: &Row, slots: &[Slot]) -> Vec<Value> {
    slots.iter().map(|slot| row.values.get(slot.0 as usize).cloned().unwrap_or(Value::Missing)).collect()
}

/// Looks for rows of one identity in a table whose identities were just given by a key.
pub fn check_keys(node: &Node, shelf: &Shelf, table: &Table, keys: &[Slot]) -> Result<(), RunError> {
    let mut seen = std::collections::HashSet::with_capacity(table.rows() as usize);
    let mut repeated: Option<String> = None;
    let mut count = 0;
    for rows in shelf.rows(table) {
        for row in rows?.iter().filter(|row| row.failure.is_none()) {
            if !seen.insert(row.id) {
                count += 1;
                repeated.get_or_insert_with(|| spelled(&pick(row, keys)));
            }
        }
    }
    match repeated {
        Some(key) => Err(RunError::RepeatedKey { node: node.name.to_string(), key, count }),
        None => Ok(()),
    }
}

fn spelled(values: &[Value]) -> String {
    let each = values.iter().map(|value| match value {
        Value::Text(text) => format!("`{text}`"),
        Value::Int(number) => number.to_string(),
        other => format!("{other:?}"),
    });
    each.collect::<Vec<_>>().join(", ")
}
