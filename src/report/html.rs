//! A report as one page for browsers: no scripts, nothing fetched, light and dark.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::agreement::{Agreement, NOTE};
use super::axis::Axis;
use super::document::{Document, FailureList, RowsSection, Section};
use super::leaderboard::{Leaderboard, ScoreColumn, shown};
use super::measure_view::{Line, MeasureView, MetricView};
use super::number::{NONE, Told, count};
use super::plot;

const STYLE: &str = include_str!("style.css");

impl Document {
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        @if !self.docs.is_empty() { p.lead { (self.docs.join(" ")) } }
                    }
                    main { @for section in &self.sections { (self::section(section)) } }
                    @if !self.provenance.facts.is_empty() {
                        footer {
                            h2 { "Where the numbers come from" }
                            dl { @for (what, value) in &self.provenance.facts { dt { (what) } dd { (value) } } }
                        }
                    }
                }
            }
        };
        page.into_string()
    }
}

fn section(section: &Section) -> Markup {
    match section {
        Section::Heading(text) => html! { h1 { (text) } },
        Section::Text(text) => html! {
            @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) { p { (paragraph) } }
        },
        Section::Measure(view) => measure(view),
        Section::Rows(rows) => self::rows(rows),
        Section::Failures(list) => failures(list),
        Section::Leaderboard(board) => leaderboard(board),
        Section::Agreement(agreement) => self::agreement(agreement),
    }
}

fn measure(view: &MeasureView) -> Markup {
    html! {
        section {
            h2 { (view.name) }
            @if !view.docs.is_empty() { p { (view.docs.join(" ")) } }
            @if view.groups.is_empty() && view.totals.is_empty() {
                p.note { "No rows were measured." }
            } @else {
                @for metric in &view.metrics { div.wide { (table(view, metric)) } }
                p.note { (view.notes().join(" · ")) }
            }
        }
    }
}

/// One metric of a measure, drawn and in numbers.
fn table(view: &MeasureView, metric: &MetricView) -> Markup {
    let axis = Axis::of(view, metric);
    let colours = colours(view);
    let row = |(line, colour): (&Line, &usize)| row(view, metric, axis.as_ref(), line, *colour);
    html! {
        table.measure {
            thead {
                tr {
                    @for column in &view.by { th scope="col" { (column) } }
                    th.metric scope="col" colspan=[axis.as_ref().map(|_| "2")] title=(metric.better.words()) {
                        (metric.name) " " span.sign { (metric.better.sign()) }
                        @if let Some(axis) = &axis { (plot::scale(axis)) }
                    }
                    th.number scope="col" { "n" }
                    @if view.misses(metric) { th.number scope="col" { "missing" } }
                }
            }
            tbody { @for each in view.groups.iter().zip(&colours) { (row(each)) } }
            @if !view.totals.is_empty() {
                tbody.totals { @for each in view.totals.iter().zip(colours.iter().skip(view.groups.len())) { (row(each)) } }
            }
        }
    }
}

/// Groups that agree on the first column are drawn alike.
fn colours(view: &MeasureView) -> Vec<usize> {
    let mut labels: Vec<String> = Vec::new();
    let first = view.by.first();
    let colour = |line: &Line| {
        let label = first.map_or(String::new(), |column| line.label(column));
        labels.iter().position(|known| *known == label).unwrap_or_else(|| {
            labels.push(label);
            labels.len() - 1
        })
    };
    let colours: Vec<usize> = view.lines().map(colour).collect();
    // With a single column each group would have a colour of its own, which says nothing.
    if view.by.len() < 2 { vec![0; colours.len()] } else { colours }
}

fn row(view: &MeasureView, metric: &MetricView, axis: Option<&Axis>, line: &Line, colour: usize) -> Markup {
    let number = line.numbers.get(&metric.name);
    let told = Told::new(number, metric.scale);
    let missing = number.map_or(0, |number| number.missing);
    html! {
        tr {
            @for (at, column) in view.by.iter().enumerate() {
                th scope="row" {
                    @if at == 0 && view.by.len() > 1 { span class={ "dot c" (colour % plot::COLOURS) } {} }
                    (line.label(column))
                }
            }
            @if let Some(axis) = axis {
                td.drawn { (plot::strip(axis, metric, number, line.total.is_some(), colour)) }
            }
            td.value { (told.value) " " span.interval { (told.interval) } }
            td.number.quiet { (number.map_or(NONE.to_owned(), |number| count(number.n))) }
            @if view.misses(metric) {
                td class=(if missing > 0 { "number marked" } else { "number quiet" }) { (count(missing)) }
            }
        }
    }
}

fn rows(section: &RowsSection) -> Markup {
    html! {
        section {
            h2 { (section.node) }
            div.wide {
                table {
                    thead { tr { @for (_, column) in section.schema.visible() { th scope="col" { (column.name) } } } }
                    tbody {
                        @for row in &section.rows {
                            tr {
                                @for (at, column) in section.schema.visible() {
                                    td.text {
                                        @match row.values.get(at) {
                                            Some(value) => (crate::data::write::grid::shown(value, &column.kind)),
                                            None => (NONE),
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(rest) = section.rest() { p.note { (rest) } }
        }
    }
}

fn failures(list: &FailureList) -> Markup {
    html! {
        section {
            h2 { "Failures of " (list.node) }
            p { (list.headline()) }
            @for row in &list.listed {
                details {
                    summary {
                        @if let Some((reason, message)) = &row.failure {
                            span.marked { (reason) } " " (message)
                        } @else if let Some((name, value)) = row.values.first() {
                            span.quiet { (name) } " " (first_line(value))
                        }
                    }
                    dl { @for (name, value) in &row.values { dt { (name) } dd { (value) } } }
                }
            }
        }
    }
}

fn leaderboard(board: &Leaderboard) -> Markup {
    html! {
        section {
            h2 { (board.name) }
            div.wide {
                table.board {
                    thead {
                        tr {
                            th scope="col" { "model" }
                            @for column in &board.columns { th.number scope="col" { (column.heading()) } }
                        }
                    }
                    tbody {
                        @for line in &board.lines {
                            tr {
                                th scope="row" { (line.model) }
                                @for score in &line.scores {
                                    td.number.score {
                                        (shown(*score))
                                        @if let Some(score) = score {
                                            span.bar { span style={ "width:" (format!("{:.1}", score.clamp(0.0, 100.0))) "%" } {} }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            p.note { (board.notes().join(" · ")) }
            ul.note { @for column in &board.columns { li { (ScoreColumn::made_of(column)) } } }
        }
    }
}

fn agreement(agreement: &Agreement) -> Markup {
    let [verdict, between, numbers @ ..] = Agreement::COLUMNS;
    html! {
        section {
            h2 { (agreement.heading()) }
            div.wide {
                table {
                    thead {
                        tr {
                            th scope="col" { (verdict) }
                            th scope="col" { (between) }
                            @for name in numbers { th.number scope="col" { (name) } }
                        }
                    }
                    tbody {
                        @for [verdict, between, numbers @ ..] in agreement.cells() {
                            tr {
                                th scope="row" { (verdict) }
                                td { (between) }
                                @for number in &numbers { td.number { (number) } }
                            }
                        }
                    }
                }
            }
            p.note { (NOTE) }
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}
