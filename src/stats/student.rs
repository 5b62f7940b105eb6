//! Student's t distribution's quantiles.

use std::f64::consts::FRAC_PI_2;

use super::normal::normal_quantile;

/// The quantile of Student's t with `freedom` degrees of freedom at probability `p`.
///
/// Exact for one and two degrees; else with a relative error of at most 10^-4, and 10^-6 from
/// five degrees on: Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM 13
/// (1970). NaN for no degrees of freedom and for a `p` outside 0 to 1.
pub fn student_quantile(p: f64, freedom: u64) -> f64 {
    let n = freedom as f64;
    if freedom == 0 || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let both_tails = 2.0 * p.min(1.0 - p);
    let sign = if p < 0.5 { -1.0 } else { 1.0 };
    if both_tails == 0.0 {
        return sign * f64::INFINITY;
    }
    sign * match freedom {
        1 => 1.0 / (both_tails * FRAC_PI_2).tan(),
        2 => (2.0 / (both_tails * (2.0 - both_tails)) - 2.0).max(0.0).sqrt(),
        _ => (n * square_over_freedom(both_tails, n)).sqrt(),
    }
}

/// `t²/n` for a probability in both tails; the letters are those of Hill's paper.
fn square_over_freedom(both_tails: f64, n: f64) -> f64 {
    let a = 1.0 / (n - 0.5);
    let b = 48.0 / (a * a);
    let mut c = ((20_700.0 * a / b - 98.0) * a - 16.0) * a + 96.36;
    let d = ((94.5 / (b + c) - 3.0) / b + 1.0) * (a * FRAC_PI_2).sqrt() * n;
    let y = (d * both_tails).powf(2.0 / n);
    if y > 0.05 + a {
        let x = normal_quantile(both_tails / 2.0);
        let y = x * x;
        if n < 5.0 {
            c += 0.3 * (n - 4.5) * (x + 0.6);
        }
        c += (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b;
        let y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x;
        (a * y * y).exp_m1()
    } else {
        let inner = 1.0 / (((n + 6.0) / (n * y) - 0.089 * d - 0.822) * (n + 2.0) * 3.0);
        ((inner + 0.5 / (n + 4.0)) * y - 1.0) * (n + 1.0) / (n + 2.0) + 1.0 / y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        for (freedom, p, t, error) in [
            (1, 0.975, 12.706_204_736, 1e-9),
            (2, 0.975, 4.302_652_730, 1e-9),
            (3, 0.9, 1.637_744_354, 1e-4),
            (3, 0.975, 3.182_446_305, 1e-4),
            (4, 0.995, 4.604_094_871, 1e-4),
            (5, 0.975, 2.570_581_836, 1e-6),
            (10, 0.9995, 4.586_893_859, 1e-6),
            (30, 0.9, 1.310_415_025, 1e-6),
            (1000, 0.975, 1.962_339_081, 1e-6),
            (10, 0.025, -2.228_138_852, 1e-6),
        ] {
            let found = student_quantile(p, freedom);
            assert!((found / t - 1.0).abs() < error, "{freedom} {p}: {found}");
        }
    }

    #[test]
    fn edges() {
        assert!(student_quantile(0.9, 0).is_nan());
        assert!(student_quantile(1.1, 5).is_nan());
        assert_eq!(student_quantile(1.0, 5), f64::INFINITY);
        assert!(student_quantile(0.5, 7).abs() < 1e-9);
    }
}
