//! What was measured several times.

/// The middle one of several figures, between the lowest and the highest.
pub(crate) struct Middle {
    pub(crate) middle: f64,
    lowest: f64,
    pub(crate) highest: f64,
}

impl Middle {
    /// Of what was measured at all; without any it is no number, which holds of no limit.
    pub(crate) fn of<T>(measured: &[T], figure: impl Fn(&T) -> Option<f64>) -> Middle {
        let mut figures: Vec<f64> = measured.iter().filter_map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let at = |place: usize| figures.get(place).copied().unwrap_or(f64::NAN);
        let last = figures.len().saturating_sub(1);
        Middle { middle: at(figures.len() / 2), lowest: at(0), highest: at(last) }
    }

    /// As whole numbers, such as `28445 (27131-31158)`.
    pub(crate) fn whole(&self) -> String {
        format!("{:.0} ({:.0}-{:.0})", self.middle, self.lowest, self.highest)
    }

    pub(crate) fn to_thousandths(&self) -> String {
        format!("{:.3} ({:.3}-{:.3})", self.middle, self.lowest, self.highest)
    }
}
