//! Numbers.

use super::Lowering;
use crate::diagnostics::source::Spanned;
use crate::syntax::grammar::Pair;
use crate::syntax::mistake::Mistake;
use crate::syntax::tree::ExprKind;

impl Lowering<'_> {
    /// A whole number where nothing but digits stand, else a fraction.
    pub(super) fn number(&mut self, pair: &Pair<'_>) -> ExprKind {
        let digits = digits(pair);
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            if let Ok(number) = digits.parse() {
                return ExprKind::Int(number);
            }
        } else if let Some(number) = finite(&digits) {
            return ExprKind::Float(number);
        }
        self.bad_number(pair);
        ExprKind::Broken
    }

    /// A number of something: without point or exponent.
    pub(super) fn whole_number(&mut self, pair: &Pair<'_>) -> Spanned<i64> {
        let number = digits(pair).parse().unwrap_or_else(|_| {
            self.bad_number(pair);
            0
        });
        Spanned::new(number, self.span(pair))
    }

    /// The share of a scripted arm.
    pub(super) fn share(&mut self, pair: &Pair<'_>) -> Spanned<f64> {
        let number = finite(&digits(pair)).unwrap_or_else(|| {
            self.bad_number(pair);
            0.0
        });
        Spanned::new(number, self.span(pair))
    }

    /// `95%` is 0.95.
    pub(super) fn percent(&mut self, pair: &Pair<'_>) -> Spanned<f64> {
        let number = finite(digits(pair).trim_end_matches('%')).unwrap_or_else(|| {
            self.bad_number(pair);
            0.0
        });
        Spanned::new(number / 100.0, self.span(pair))
    }

    fn bad_number(&mut self, pair: &Pair<'_>) {
        let span = self.span(pair);
        self.report(Mistake::BadNumber { written: pair.as_str().to_owned() }, span);
    }
}

fn digits(pair: &Pair<'_>) -> String {
    pair.as_str().replace('_', "")
}

fn finite(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|number: &f64| number.is_finite())
}
