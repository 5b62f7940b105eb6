//! A metric drawn beside its numbers: a point with its interval, all lines on one scale.

use maud::{Markup, html};

use super::axis::Axis;
use super::measure_view::{Better, MetricView, Number};

const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 28.0;
/// Room at both ends for the labels of marks and the halves of points.
const MARGIN: f64 = 16.0;

/// How many colours tell the groups apart.
pub(super) const COLOURS: usize = 6;

fn x(axis: &Axis, value: f64) -> String {
    format!("{:.1}", MARGIN + axis.place(value) * (WIDTH - 2.0 * MARGIN))
}

/// The marks' labels, to stand above the lines.
pub(super) fn scale(axis: &Axis) -> Markup {
    html! {
        svg.plot width=(WIDTH) height="18" viewBox={ "0 0 " (WIDTH) " 18" } aria-hidden="true" {
            @for mark in &axis.marks {
                text x=(x(axis, *mark)) y="14" text-anchor="middle" { (axis.label(*mark)) }
            }
        }
    }
}

/// One line: a dot for a group and a diamond for a total, in the colour of that number.
pub(super) fn strip(
    axis: &Axis,
    metric: &MetricView,
    number: Option<&Number>,
    total: bool,
    colour: usize,
) -> Markup {
    let middle = HEIGHT / 2.0;
    html! {
        svg.plot width=(WIDTH) height=(HEIGHT) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" {
            @for mark in &axis.marks {
                line.mark x1=(x(axis, *mark)) x2=(x(axis, *mark)) y1="0" y2=(HEIGHT) {}
            }
            @if let Better::Near(target) = metric.better {
                line.target x1=(x(axis, target)) x2=(x(axis, target)) y1="0" y2=(HEIGHT) {}
            }
            @if let Some((value, number)) = number.and_then(|number| Some((number.value?, number))) {
                g class={ "c" (colour % COLOURS) } {
                    @if let Some((low, high)) = number.low.zip(number.high) {
                        line.interval x1=(x(axis, low)) x2=(x(axis, high)) y1=(middle) y2=(middle) {}
                    }
                    @if total {
                        path.point d="M0 -5.5L5.5 0L0 5.5L-5.5 0Z"
                            transform={ "translate(" (x(axis, value)) " " (middle) ")" } {}
                    } @else {
                        circle.point cx=(x(axis, value)) cy=(middle) r="4.5" {}
                    }
                }
            }
        }
    }
}
