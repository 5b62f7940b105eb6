//! The scale that a metric's points are drawn on.

use super::measure_view::{Better, MeasureView, MetricView, Scale};

/// A range with round marks, its ends among them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) marks: Vec<f64>,
    /// Digits after the point with which marks can be told apart.
    decimals: usize,
}

/// Marks are this many at most.
const MARKS: f64 = 5.0;

impl Axis {
    /// From the metric's numbers, their intervals and the value aimed at; all of 0 to 1 for a share
    /// that takes more than half of it, or no more than a point.
    pub(super) fn of(view: &MeasureView, metric: &MetricView) -> Option<Axis> {
        let numbers = view.lines().filter_map(|line| line.numbers.get(&metric.name));
        let target = match metric.better {
            Better::Near(target) => Some(target),
            _ => None,
        };
        let values =
            numbers.flat_map(|number| [number.value, number.low, number.high]).chain([target]).flatten();
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        let whole = metric.scale == Scale::Rate && (high - low > 0.5 || high == low);
        Some(if whole { Axis::round(0.0, 1.0) } else { Axis::round(low, high) })
    }

    /// The smallest range between round marks that holds both.
    fn round(low: f64, high: f64) -> Axis {
        let room = if high > low { 0.0 } else { low.abs().max(1.0) * 0.1 };
        let (low, high) = (low - room, high + room);
        let rough = (high - low) / (MARKS - 1.0);
        let power = 10f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power);
        // A hair inside, so that 0.3 / 0.1 is 3.
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil().max(first + 1.0);
        let count = (last - first).clamp(1.0, 2.0 * MARKS) as u32;
        let marks = (0..=count).map(|at| (first + f64::from(at)) * step).collect();
        let told_apart = |decimals: &usize| {
            let shown = step * 10f64.powi(*decimals as i32);
            (shown - shown.round()).abs() < 1e-6 * shown
        };
        Axis { marks, decimals: (0..12).find(told_apart).unwrap_or(12) }
    }

    /// Where a value stands, from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        match (self.marks.first(), self.marks.last()) {
            (Some(first), Some(last)) if last > first => ((value - first) / (last - first)).clamp(0.0, 1.0),
            _ => 0.5,
        }
    }

    pub(super) fn label(&self, mark: f64) -> String {
        let text = format!("{mark:.*}", self.decimals);
        if text.trim_start_matches(['-', '0', '.']).is_empty() {
            text.trim_start_matches('-').to_owned()
        } else {
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_hold_the_values() {
        let labels = |low, high| {
            let axis = Axis::round(low, high);
            axis.marks.iter().map(|mark| axis.label(*mark)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(0.0, 1.0), "0.00 0.25 0.50 0.75 1.00");
        assert_eq!(labels(0.861, 0.929), "0.86 0.88 0.90 0.92 0.94");
        assert_eq!(labels(0.1, 0.3), "0.10 0.15 0.20 0.25 0.30");
        assert_eq!(labels(-0.02, 0.31), "-0.1 0.0 0.1 0.2 0.3 0.4");
        assert_eq!(labels(3.0, 1_417.0), "0 500 1000 1500");
        assert_eq!(labels(120.0, 1_083.0), "0 250 500 750 1000 1250");
        assert_eq!(labels(7.0, 7.0), "6.0 6.5 7.0 7.5 8.0");
    }
}
