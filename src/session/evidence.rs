//! The numbers and rows behind an expectation that does not hold.

use crate::check::program::{Aggregate, AggregateKind, Cell, Expectation, Measure, NodeId, StepKind};
use crate::data::json::render;
use crate::data::row::{Row, RowId};
use crate::data::schema::Schema;
use crate::data::value::Value;
use crate::data::write::grid::{one_line, truncated};
use crate::eval::operator::truth;

use super::open::SessionError;
use super::results;
use super::tables::{MEASURED, Tables, spelled};

/// Rows told of one kind, at most.
const TOLD: usize = 2;
/// Columns that a row takes, at most.
const WIDE: usize = 110;
/// What a query adds to every row that nothing happened to.
const USUAL: [(&str, &str); 3] = [("blocked", "false"), ("ending", "complete"), ("sample", "0")];

/// What each cell of the expectation stands on, and the rows that failed in what it is about.
pub(super) fn of(
    tables: &Tables<'_>,
    expectation: &Expectation,
    cells: &[Value],
) -> Result<Vec<String>, SessionError> {
    let mut told = Vec::new();
    for (cell, value) in expectation.cells.iter().zip(cells) {
        match cell {
            Cell::Metric { node, metric, condition, .. } => {
                let rows = tables.rows(*node)?;
                let by = tables.node(*node).0.saturating_sub(MEASURED);
                let named =
                    rows.iter().filter(|row| row.values.get(by) == Some(&Value::Text(metric.clone())));
                let kept: Vec<&Row> = named.filter(|row| tables.keeps(condition.as_ref(), row)).collect();
                if let [row] = kept.as_slice() {
                    told.extend(metric_of(tables, *node, metric, row, by)?);
                }
            }
            Cell::Rows { node, condition: Some(condition), of_failures } => {
                let rows = tables.rows(*node)?;
                let whole = rows.iter().filter(|row| *of_failures || !results::is_lost(row));
                let (yes, no): (Vec<&Row>, Vec<&Row>) =
                    whole.partition(|row| tables.keeps(Some(condition), row));
                told.extend(listed(tables, *node, "counted", &yes));
                told.extend(listed(tables, *node, "not counted", &no));
            }
            Cell::Aggregate { node, condition, of_failures, .. } => {
                let rows = tables.rows(*node)?;
                let kept = rows.iter().filter(|row| *of_failures || !results::is_lost(row));
                let kept: Vec<&Row> = kept.filter(|row| tables.keeps(condition.as_ref(), row)).collect();
                told.extend(listed(tables, *node, "aggregated", &kept));
            }
            Cell::Rows { .. } | Cell::Failed(_) | Cell::Score { .. } => {}
        }
        told.extend(failures(tables, cell, value)?);
    }
    let mut seen = std::collections::BTreeSet::new();
    told.retain(|line| seen.insert(line.clone()));
    Ok(told)
}

/// A metric's whole line, and rows that speak for it, against it, or not at all.
fn metric_of(
    tables: &Tables<'_>,
    node: NodeId,
    metric: &str,
    row: &Row,
    by: usize,
) -> Result<Vec<String>, SessionError> {
    let name = tables.node(node).1;
    let at = |place: usize| row.values.get(by + place).unwrap_or(&Value::Missing);
    let mut line = format!("{name}.{metric} is {} over {} rows", spelled(at(1)), spelled(at(4)));
    if !matches!(at(5), Value::Int(0)) {
        line.push_str(&format!(", {} missing", spelled(at(5))));
    }
    let mut told = vec![line];
    let Some(declared) = tables.program.nodes.get(node.0 as usize) else { return Ok(told) };
    let measure = declared.steps.iter().find_map(|step| match &step.kind {
        StepKind::Measure(measure) => Some(&**measure),
        _ => None,
    });
    let Some(measure) = measure.filter(|measure| measure.baseline.is_none()) else { return Ok(told) };
    let Some(stated) = measure.metrics.iter().find(|known| *known.name == *metric) else { return Ok(told) };
    let [Aggregate { kind: AggregateKind::Rate | AggregateKind::Count, arguments, of_failures }] =
        stated.aggregation.leaves.as_slice()
    else {
        return Ok(told);
    };
    let [argument] = arguments.as_slice() else { return Ok(told) };
    let rows = input(tables, node)?;
    let of_group = rows.iter().filter(|one| in_group(measure, one, row));
    let of_group = of_group.filter(|one| {
        stated
            .condition
            .as_ref()
            .is_none_or(|condition| tables.eval(condition, one, Vec::new()) != Value::Bool(false))
    });
    let (mut yes, mut no, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for one in of_group {
        match tables.eval(argument, one, Vec::new()) {
            _ if results::is_lost(one) && !of_failures => missing.push(one),
            Value::Missing => missing.push(one),
            value if truth(&value) => yes.push(one),
            _ => no.push(one),
        }
    }
    let source = declared.inputs.first().copied().unwrap_or(node);
    told.extend(listed(tables, source, "true", &yes));
    told.extend(listed(tables, source, "false", &no));
    told.extend(listed(tables, source, "missing", &missing));
    Ok(told)
}

/// The rows that a measure saw, laid out as its clauses see them.
fn input(tables: &Tables<'_>, node: NodeId) -> Result<Vec<Row>, SessionError> {
    let unit = tables.run.plan.unit(tables.run.plan.table_of(node));
    let table = unit.inputs.first().and_then(|input| tables.finished.tables.get(input));
    Ok(table.map(|table| results::rows(tables.run, table)).transpose()?.unwrap_or_default())
}

/// Whether a row is of a group or total of the measure: equal where the group has a value.
fn in_group(measure: &Measure, row: &Row, group: &Row) -> bool {
    measure.by.iter().enumerate().all(|(place, slot)| {
        let wanted = group.values.get(place).unwrap_or(&Value::Missing);
        wanted.is_missing() || row.values.get(slot.0 as usize) == Some(wanted)
    })
}

/// The first rows of a kind, in the order of their identities, and how many there are.
fn listed(tables: &Tables<'_>, node: NodeId, kind: &str, rows: &[&Row]) -> Vec<String> {
    let Some(declared) = tables.program.nodes.get(node.0 as usize) else { return Vec::new() };
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.id);
    let head = match rows.len() {
        0 => return Vec::new(),
        1 => format!("1 row of {} {kind}:", declared.name),
        count => format!("{count} rows of {} {kind}, such as", declared.name),
    };
    let shown = rows.iter().take(TOLD).map(|row| format!("  {}", told(&declared.schema, row)));
    std::iter::once(head).chain(shown).collect()
}

/// A row as `column: value`, what the last steps made first.
fn told(schema: &Schema, row: &Row) -> String {
    let columns = schema.visible().filter_map(|(at, column)| {
        let value = row.values.get(at)?;
        let value = render(value, &column.kind);
        let usual = USUAL.contains(&(&*column.name, &*value));
        (!usual && !value.is_empty()).then(|| format!("{}: {value}", column.name))
    });
    let mut columns: Vec<String> = columns.collect();
    columns.reverse();
    truncated(&one_line(&columns.join("  ")), WIDE).into()
}

/// Rows that failed in the nodes that a cell goes back to, where there are any.
fn failures(tables: &Tables<'_>, cell: &Cell, value: &Value) -> Result<Vec<String>, SessionError> {
    let nodes = match cell {
        Cell::Failed(None) => (0..tables.program.nodes.len() as u32).map(NodeId).collect(),
        Cell::Failed(Some(node)) => vec![*node],
        Cell::Metric { node, .. } | Cell::Rows { node, .. } | Cell::Aggregate { node, .. } => {
            before(tables, *node)
        }
        Cell::Score { .. } => Vec::new(),
    };
    if matches!((cell, value), (Cell::Failed(_), Value::Int(0))) {
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    let mut seen: std::collections::BTreeSet<RowId> = std::collections::BTreeSet::new();
    for node in nodes {
        let mut failed: Vec<Row> = tables.rows(node)?.into_iter().filter(results::is_lost).collect();
        failed.sort_by_key(|row| row.id);
        let count = failed.len();
        let Some(declared) = tables.program.nodes.get(node.0 as usize) else { continue };
        // A row that failed before is told where it failed.
        failed.retain(|row| seen.insert(row.id));
        let Some(first) = failed.first() else { continue };
        let Some(failure) = &first.failure else { continue };
        let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        lines.push(format!("{rows} of {} failed, such as", declared.name));
        lines.push(format!("  {}: {}", failure.reason.word(), one_line(&failure.message)));
        lines.push(format!("  {}", told(&declared.schema, first)));
    }
    Ok(lines)
}

/// A node and all that it goes back to, what comes first first.
fn before(tables: &Tables<'_>, node: NodeId) -> Vec<NodeId> {
    let mut found = vec![node];
    let mut at = 0;
    while let Some(node) = found.get(at) {
        let inputs = tables.program.nodes.get(node.0 as usize).map(|node| node.inputs.clone());
        for input in inputs.unwrap_or_default() {
            if !found.contains(&input) {
                found.push(input);
            }
        }
        at += 1;
    }
    found.reverse();
    found
}
