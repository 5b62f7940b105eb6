//! How far judges agree: with each other where several vote, and with people where their labels
//! are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::check::program::{Node, NodeId, Program, StepKind};
use crate::data::codec::encode_value;
use crate::data::row::Row;
use crate::data::types::Type;
use crate::data::value::Value;
use crate::stats::alpha::{Coincidences, Scale};
use crate::stats::kappa::{Confusion, Weights};
use crate::syntax::tree::NodeKind;

use super::grid::{Align, Grid};
use super::number::{NONE, count};
use super::paint::{Look, painted};

/// The agreement on all verdicts of a judge node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    pub node: Arc<str>,
    pub lines: Vec<AgreementLine>,
}

/// Agreement on one verdict between two raters, or among all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgreementLine {
    pub verdict: String,
    pub between: Vec<String>,
    /// Rows on which at least two of them gave a verdict.
    pub n: u64,
    /// The share of equal verdicts; of two raters.
    pub equal: Option<f64>,
    /// Cohen's kappa; of two raters on labels. Nothing where chance alone would agree always.
    pub kappa: Option<f64>,
    /// Krippendorff's alpha: nominal of labels, interval of numbers.
    pub alpha: Option<f64>,
}

/// What each rater said of each row; missing where nothing.
struct Ratings {
    verdict: String,
    raters: Vec<String>,
    rows: Vec<Vec<Value>>,
    numeric: bool,
}

/// The judge nodes in which several raters gave verdicts on the same rows.
pub fn agreements<E>(
    program: &Program,
    mut rows: impl FnMut(NodeId) -> Result<Vec<Row>, E>,
) -> Result<Vec<Agreement>, E> {
    let mut found = Vec::new();
    for (node, at) in program.nodes.iter().zip(0..) {
        if node.kind != NodeKind::Judge || compared(program, node).is_empty() && voted(node).is_empty() {
            continue;
        }
        let rows = rows(NodeId(at))?;
        let votes = voted(node).into_iter().filter_map(|(name, place, kind)| votes(name, place, kind, &rows));
        let people = compared(program, node).into_iter().map(|pair| labels(&pair, &rows));
        let lines: Vec<AgreementLine> = votes.chain(people).flat_map(|ratings| ratings.lines()).collect();
        if !lines.is_empty() {
            found.push(Agreement { node: node.name.clone(), lines });
        }
    }
    Ok(found)
}

/// The verdicts of several judges: their name, where each judge's own stand, and their type.
fn voted(node: &Node) -> Vec<(String, usize, &Type)> {
    let own = node.schema.visible().filter_map(|(place, column)| {
        let name = column.name.strip_suffix("_by_judge")?;
        let Type::List(of) = &column.kind else { return None };
        let (_, kind) = of.field("verdict")?;
        Some((name.to_owned(), place, kind))
    });
    own.collect()
}

/// People's labels and the columns of the node that say the same kind of thing: names and places.
fn compared<'n>(program: &Program, node: &'n Node) -> Vec<[(&'n str, usize); 2]> {
    let before = node.inputs.first().and_then(|input| program.nodes.get(input.0 as usize));
    let is_new = |name: &str| {
        before.is_none_or(|before| before.schema.column(name).is_none()) && !name.starts_with('_')
    };
    let human = node.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Labels { read, label, .. } => read.fields.get(*label as usize).map(|field| &field.name),
        _ => None,
    });
    let humans: Vec<(usize, &crate::data::schema::Column)> =
        human.filter_map(|name| node.schema.column(name)).collect();
    let mut pairs = Vec::new();
    for (human_place, human) in &humans {
        for (place, column) in node.schema.visible() {
            let is_human = humans.iter().any(|(known, _)| *known == place);
            if !is_human && is_new(&column.name) && column.kind.present() == human.kind.present() {
                pairs.push([(&*column.name, place), (&*human.name, *human_place)]);
            }
        }
    }
    pairs
}

fn votes(verdict: String, place: usize, kind: &Type, rows: &[Row]) -> Option<Ratings> {
    let mut raters: Vec<String> = Vec::new();
    let mut said: Vec<Vec<Value>> = Vec::new();
    for row in rows {
        let Some(Value::List(each)) = row.values.get(place) else { continue };
        let mut values = vec![Value::Missing; raters.len()];
        for one in each.iter() {
            let Value::Record(fields) = one else { continue };
            let [Value::Text(judge), given] = &fields[..] else { continue };
            let at = raters.iter().position(|known| **known == **judge).unwrap_or_else(|| {
                raters.push(judge.to_string());
                raters.len() - 1
            });
            values.resize(raters.len(), Value::Missing);
            values[at] = given.clone();
        }
        said.push(values);
    }
    let numeric = matches!(kind.present(), Type::Int | Type::Float);
    (raters.len() > 1).then_some(Ratings { verdict, raters, rows: said, numeric })
}

fn labels([(verdict, verdict_place), (human, human_place)]: &[(&str, usize); 2], rows: &[Row]) -> Ratings {
    let at = |row: &Row, place: usize| row.values.get(place).cloned().unwrap_or(Value::Missing);
    let said: Vec<Vec<Value>> =
        rows.iter().map(|row| vec![at(row, *verdict_place), at(row, *human_place)]).collect();
    let numeric = said.iter().flatten().any(|value| matches!(value, Value::Int(_) | Value::Float(_)));
    let raters = vec!["the rule or judge".to_owned(), format!("people ({human})")];
    Ratings { verdict: (*verdict).to_owned(), raters, rows: said, numeric }
}

impl Ratings {
    /// A line for each two raters, and for more than two one for all.
    fn lines(&self) -> Vec<AgreementLine> {
        let count = self.raters.len();
        let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |other| [one, other]));
        let mut lines: Vec<AgreementLine> = pairs.map(|pair| self.line(&pair)).collect();
        if count > 2 {
            lines.push(self.line(&(0..count).collect::<Vec<_>>()));
        }
        lines
    }

    fn line(&self, raters: &[usize]) -> AgreementLine {
        let mut names: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut said: Vec<Vec<&Value>> = Vec::new();
        for row in &self.rows {
            let values = raters.iter().filter_map(|rater| row.get(*rater));
            let values: Vec<&Value> = values.filter(|value| !value.is_missing()).collect();
            if values.len() > 1 {
                values.iter().for_each(|value| {
                    names.insert(encoded(value), 0);
                });
                said.push(values);
            }
        }
        // By their encoding, so that the order of rows doesn't show.
        names.values_mut().zip(0..).for_each(|(place, at)| *place = at);
        let place = |value: &Value| names.get(&encoded(value)).copied().unwrap_or_default();
        let mut coincidences = Coincidences::new();
        let mut confusion = Confusion::new(names.len());
        for values in &said {
            let codes = values.iter().map(|value| match value {
                Value::Int(number) if self.numeric => *number as f64,
                Value::Float(number) if self.numeric => *number,
                other => place(other) as f64,
            });
            coincidences.add(&codes.collect::<Vec<_>>());
            if let [one, other] = values[..] {
                // Every label was given its place above.
                let _ = confusion.add(place(one), place(other));
            }
        }
        let two = raters.len() == 2;
        AgreementLine {
            verdict: self.verdict.clone(),
            between: raters.iter().filter_map(|rater| self.raters.get(*rater).cloned()).collect(),
            n: said.len() as u64,
            equal: if two { confusion.agreement() } else { None },
            kappa: if two && !self.numeric { confusion.kappa(Weights::Equal) } else { None },
            alpha: coincidences.alpha(if self.numeric { Scale::Interval } else { Scale::Nominal }),
        }
    }
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_value(value, &mut bytes);
    bytes
}

/// What the columns are, under the table.
pub(super) const NOTE: &str = "equal: share of equal verdicts · kappa: Cohen's · alpha: Krippendorff's · over the rows on which at least two gave a verdict";

impl Agreement {
    pub(super) const COLUMNS: [&str; 6] = ["verdict", "between", "equal", "kappa", "alpha", "n"];

    /// The cells of each line, as [`Agreement::COLUMNS`] names them.
    pub(super) fn cells(&self) -> impl Iterator<Item = [String; 6]> + '_ {
        let number = |value: Option<f64>| value.map_or(NONE.to_owned(), |value| format!("{value:.3}"));
        self.lines.iter().map(move |line| {
            let between = match line.between.len() {
                2 => line.between.join(" and "),
                all => format!("all {all}"),
            };
            let numbers = [line.equal, line.kappa, line.alpha].map(number);
            let [equal, kappa, alpha] = numbers;
            [line.verdict.clone(), between, equal, kappa, alpha, count(line.n)]
        })
    }

    pub fn render(&self, width: usize, colour: bool) -> String {
        let mut grid = Grid::default();
        (0..2).for_each(|_| grid.words());
        (0..4).for_each(|_| grid.numbers(Align::Right));
        grid.line(Agreement::COLUMNS.map(|name| (name.to_owned(), Look::Bold)).into());
        grid.rule();
        for cells in self.cells() {
            grid.line(cells.map(|cell| (cell, Look::Plain)).into());
        }
        let name = painted(&self.heading(), Look::Bold, colour);
        format!("{name}\n\n{}\n  {}\n", grid.render(width, colour), painted(NOTE, Look::Dim, colour))
    }

    pub(super) fn heading(&self) -> String {
        format!("Agreement in {}", self.node)
    }
}
