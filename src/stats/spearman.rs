//! Rank correlation.

/// The rank correlation of paired values; equal values share their mean rank.
///
/// Spearman, "The proof and measurement of association between two things", American Journal of
/// Psychology 15 (1904): Pearson's correlation of the ranks. None for slices of different
/// length, with fewer than two pairs, where one side has only equal values, and with NaN.
pub fn spearman(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.len() != second.len() || first.iter().chain(second).any(|value| value.is_nan()) {
        return None;
    }
    let (first, second) = (doubled_ranks(first), doubled_ranks(second));
    // Twice a rank is a whole number and so is n times a sum of products: nothing is rounded.
    let n = first.len() as i128;
    let sum: i128 = n * (n + 1);
    let moment = |a: &[i128], b: &[i128]| n * a.iter().zip(b).map(|(a, b)| a * b).sum::<i128>() - sum * sum;
    let spread = moment(&first, &first) as f64 * moment(&second, &second) as f64;
    (spread > 0.0).then(|| moment(&first, &second) as f64 / spread.sqrt())
}

/// Twice the mean rank of each value, counted from 1.
fn doubled_ranks(values: &[f64]) -> Vec<i128> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut start = 0;
    for run in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let first = start + 1;
        start += run.len();
        for &index in run {
            ranks[index] = (first + start) as i128;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_all_that_counts() {
        assert_eq!(spearman(&[1.0, 5.0, 9.0], &[0.1, 0.2, 100.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 5.0, 9.0], &[3.0, 2.0, -7.0]), Some(-1.0));
    }

    /// Ten pairs of a test score and hours of television: by hand, 1 - 6·194/(10·99) = -29/165.
    #[test]
    fn a_textbook_example() {
        let score = [106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let hours = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        assert!((spearman(&score, &hours).unwrap() + 29.0 / 165.0).abs() < 1e-15);
    }

    #[test]
    fn equal_values_share_a_rank() {
        // Ranks 1.5 1.5 3 4 and 1 2 3.5 3.5: Σab = 29, both Σa² = 29.5, n·mean² = 25.
        let found = spearman(&[2.0, 2.0, 3.0, 8.0], &[1.0, 2.0, 7.0, 7.0]).unwrap();
        assert!((found - 4.0 / 4.5).abs() < 1e-15, "{found}");
        assert_eq!(spearman(&[-0.0, 0.0, 1.0], &[0.0, 0.0, 1.0]), Some(1.0));
    }

    #[test]
    fn nothing_to_correlate() {
        assert_eq!(spearman(&[], &[]), None);
        assert_eq!(spearman(&[1.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0], &[1.0, 2.0]), None);
    }
}
