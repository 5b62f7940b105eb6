//! Sums of floating-point numbers without rounding.

use serde::{Deserialize, Serialize};

/// Bits of a limb in normal form.
const LIMB_BITS: u32 = 32;
/// From the least bit of the least number, 2^-1074, to room for 2^64 of the largest ones.
const LIMBS: usize = 68;
/// Additions of numbers below 2^32 that a signed 64-bit limb takes before it must be carried.
const ROOM: u32 = 1 << 30;

/// A sum held exactly; [`ExactSum::value`] rounds it once, to nearest, ties to even.
///
/// So neither the order of the additions nor that of merges can be seen in the result. The sum
/// is a wide fixed-point number in overlapping limbs, carried now and then: the "small
/// superaccumulator" of Neal, "Fast exact summation using small and large superaccumulators",
/// arXiv:1505.05571 (2015).
///
/// Infinities and NaN sum as they do in IEEE 754.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct ExactSum {
    limbs: Box<[i64; LIMBS]>,
    additions: u32,
    special: Special,
}

/// What the numbers that are not finite add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Special {
    #[default]
    None,
    Infinity,
    NegativeInfinity,
    NotANumber,
}

impl Special {
    fn of(value: f64) -> Special {
        match value {
            v if v == f64::INFINITY => Special::Infinity,
            v if v == f64::NEG_INFINITY => Special::NegativeInfinity,
            v if v.is_nan() => Special::NotANumber,
            _ => Special::None,
        }
    }

    fn and(self, other: Special) -> Special {
        match (self, other) {
            (Special::None, one) | (one, Special::None) => one,
            (one, same) if one == same => one,
            _ => Special::NotANumber,
        }
    }
}

impl Default for ExactSum {
    fn default() -> ExactSum {
        ExactSum { limbs: Box::new([0; LIMBS]), additions: 0, special: Special::None }
    }
}

impl ExactSum {
    /// The empty sum, 0.
    pub fn new() -> ExactSum {
        ExactSum::default()
    }

    /// Adds a number.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.special = self.special.and(Special::of(value));
            return;
        }
        let bits = value.to_bits();
        let exponent = ((bits >> 52) & 0x7ff) as u32;
        let fraction = bits & ((1 << 52) - 1);
        // value = mantissa · 2^(place - 1074), for subnormal numbers too.
        let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
        let place = exponent.saturating_sub(1);
        let mut wide = u128::from(mantissa) << (place % LIMB_BITS);
        for limb in self.limbs.iter_mut().skip((place / LIMB_BITS) as usize).take(3) {
            let part = i64::from(wide as u32);
            *limb += if value < 0.0 { -part } else { part };
            wide >>= LIMB_BITS;
        }
        self.additions += 1;
        if self.additions >= ROOM {
            self.carry();
        }
    }

    /// Adds the exact product of two numbers, unless it over- or underflows.
    ///
    /// Dekker's product by fused multiplication: Ogita, Rump and Oishi, "Accurate sum and dot
    /// product", SIAM Journal on Scientific Computing 26 (2005).
    pub fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(product);
        if product.is_finite() {
            self.add(a.mul_add(b, -product));
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &ExactSum) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (limb, more) in self.limbs.iter_mut().zip(other.limbs.iter()) {
            *limb += more;
        }
        self.carry();
        self.special = self.special.and(other.special);
    }

    /// The sum, rounded once.
    pub fn value(&self) -> f64 {
        match self.special {
            Special::None => {}
            Special::Infinity => return f64::INFINITY,
            Special::NegativeInfinity => return f64::NEG_INFINITY,
            Special::NotANumber => return f64::NAN,
        }
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.limbs[LIMBS - 1] < 0;
        if negative {
            for limb in sum.limbs.iter_mut() {
                *limb = -*limb;
            }
            sum.carry();
        }
        let magnitude = sum.rounded();
        if negative { -magnitude } else { magnitude }
    }

    /// The sum as `high + low`: its rounded value, and the rounded rest.
    pub fn pair(&self) -> (f64, f64) {
        let high = self.value();
        if !high.is_finite() {
            return (high, 0.0);
        }
        let mut rest = self.clone();
        rest.add(-high);
        (high, rest.value())
    }

    /// Brings all limbs but the last into `0..2^32`, which makes their form unique.
    fn carry(&mut self) {
        let mut carried = 0;
        for limb in self.limbs.iter_mut().take(LIMBS - 1) {
            let full = *limb + carried;
            carried = full >> LIMB_BITS;
            *limb = full - (carried << LIMB_BITS);
        }
        self.limbs[LIMBS - 1] += carried;
        self.additions = 1;
    }

    /// The nearest number to a sum that is carried and not negative.
    fn rounded(&self) -> f64 {
        let Some(top) = self.limbs.iter().rposition(|&limb| limb != 0) else { return 0.0 };
        let limb = |index: usize| self.limbs.get(index).map_or(0, |&limb| limb as u128);
        let below = |steps: usize| top.checked_sub(steps).map_or(0, limb);
        let wide = (limb(top) << 64) | (below(1) << 32) | below(2);
        let length = 128 - wide.leading_zeros();
        // The bits of `wide` below its 53 highest, counted from the least bit of the sum.
        let dropped = length - 53;
        let place = i64::from(dropped) + i64::from(LIMB_BITS) * (top as i64 - 2);
        if place <= 0 {
            // All bits of the sum fit a mantissa, and the bits of a small number are its value.
            return f64::from_bits((limb(1) << 32 | limb(0)) as u64);
        }
        let mantissa = (wide >> dropped) as u64;
        let rest = wide & ((1 << dropped) - 1);
        let half = 1 << (dropped - 1);
        let more = self.limbs.iter().take(top.saturating_sub(2)).any(|&limb| limb != 0);
        let up = rest > half || (rest == half && (more || mantissa & 1 == 1));
        // A mantissa that rounds up to 2^53 moves into the exponent by this same addition.
        let bits = ((place as u64) << 52) + mantissa + u64::from(up);
        f64::from_bits(bits.min(f64::INFINITY.to_bits()))
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &ExactSum) -> bool {
        let (mut a, mut b) = (self.clone(), other.clone());
        a.carry();
        b.carry();
        a.limbs == b.limbs && a.special == b.special
    }
}

impl Extend<f64> for ExactSum {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        for value in values {
            self.add(value);
        }
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> ExactSum {
        let mut sum = ExactSum::new();
        sum.extend(values);
        sum
    }
}

/// The carried limbs that are not zero.
#[derive(Serialize, Deserialize)]
struct Stored(Special, Vec<(u8, i64)>);

impl From<ExactSum> for Stored {
    fn from(mut sum: ExactSum) -> Stored {
        sum.carry();
        let limbs = (0_u8..).zip(sum.limbs.iter().copied()).filter(|&(_, limb)| limb != 0).collect();
        Stored(sum.special, limbs)
    }
}

impl TryFrom<Stored> for ExactSum {
    type Error = Malformed;

    fn try_from(Stored(special, limbs): Stored) -> Result<ExactSum, Malformed> {
        let mut sum = ExactSum { special, additions: 1, ..ExactSum::new() };
        for (index, limb) in limbs {
            let most = i64::from(u32::MAX);
            let least = if usize::from(index) == LIMBS - 1 { -most } else { 0 };
            let place = sum.limbs.get_mut(usize::from(index)).ok_or(Malformed { index })?;
            if !(least..=most).contains(&limb) {
                return Err(Malformed { index });
            }
            *place = limb;
        }
        Ok(sum)
    }
}

/// A stored sum that no sum wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored sum is malformed at its limb {index}")]
pub struct Malformed {
    index: u8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum_of(values: &[f64]) -> ExactSum {
        values.iter().copied().collect()
    }

    fn sum(values: &[f64]) -> f64 {
        sum_of(values).value()
    }

    #[test]
    fn what_cancels_leaves_the_rest() {
        assert_eq!(sum(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[5e-324, 5e-324]), 1e-323);
        assert_eq!(sum(&[]), 0.0);
    }

    #[test]
    fn rounds_to_nearest_with_ties_to_even() {
        let half_unit = f64::EPSILON / 2.0;
        assert_eq!(sum(&[1.0, half_unit]), 1.0);
        assert_eq!(sum(&[1.0, half_unit, 5e-324]), 1.0 + f64::EPSILON);
        assert_eq!(sum(&[1.0 + f64::EPSILON, half_unit]), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(sum(&[-1.0, -half_unit, -5e-324]), -1.0 - f64::EPSILON);
    }

    #[test]
    fn numbers_that_are_not_finite_sum_as_usual() {
        assert_eq!(sum(&[1.0, f64::INFINITY]), f64::INFINITY);
        assert!(sum(&[f64::NEG_INFINITY, f64::INFINITY, 1.0]).is_nan());
        assert!(sum(&[f64::NAN, 1.0]).is_nan());
    }

    #[test]
    fn limbs_are_carried_before_they_are_full() {
        let mut sum = sum_of(&[1.0 - f64::EPSILON; 9]);
        sum.additions = ROOM - 1;
        sum.add(0.5);
        assert!(sum.limbs.iter().all(|&limb| limb < 1 << LIMB_BITS));
        assert_eq!(sum.value(), 9.5 - 9.0 * f64::EPSILON);
    }

    #[test]
    fn a_malformed_stored_sum_is_an_error() {
        assert!(serde_json::from_str::<ExactSum>(r#"["None",[[68,1]]]"#).is_err());
        assert!(serde_json::from_str::<ExactSum>(r#"["None",[[0,-1]]]"#).is_err());
    }

    proptest! {
        #[test]
        fn one_number_is_itself(value in any::<f64>()) {
            let sum = sum(&[value]);
            prop_assert!(sum == value || (sum.is_nan() && value.is_nan()));
        }

        #[test]
        fn two_numbers_sum_as_the_processor_sums_them(
            a in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL,
            b in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL,
        ) {
            prop_assert_eq!(sum(&[a, b]), a + b);
        }

        #[test]
        fn neither_order_nor_chunks_can_be_seen(
            values in prop::collection::vec(any::<f64>(), 0..40),
            cut in 0_usize..40,
        ) {
            let whole: ExactSum = values.iter().copied().collect();
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged: ExactSum = right.iter().rev().copied().collect();
            merged.merge(&left.iter().copied().collect());
            let text = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(&text, &serde_json::to_string(&merged).unwrap());
            prop_assert_eq!(serde_json::from_str::<ExactSum>(&text).unwrap(), whole);
        }
    }
}
