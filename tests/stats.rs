//! Intervals of planted data hold the truth as often as they say, and partial results don't
//! show in what order rows came.

use tgp::digest::Hasher;
use tgp::random::Stream;
use tgp::stats::Interval;
use tgp::stats::bootstrap::Replicates;
use tgp::stats::clusters::Clusters;
use tgp::stats::difference::{newcombe, newcombe_paired, paired_difference};
use tgp::stats::mcnemar::Pairs;
use tgp::stats::wilson::{wilson, wilson_clustered};

const LEVEL: f64 = 0.95;

/// How often the interval of a study holds the truth.
fn coverage(name: &str, truth: f64, studies: u64, study: impl Fn(&mut Stream) -> Option<Interval>) -> f64 {
    let held = (0..studies)
        .filter(|&number| {
            let mut stream = Stream::new(Hasher::new("coverage").text(name).number(number).finish());
            study(&mut stream).unwrap().contains(truth)
        })
        .count();
    held as f64 / studies as f64
}

fn assert_covers(name: &str, truth: f64, studies: u64, study: impl Fn(&mut Stream) -> Option<Interval>) {
    let share = coverage(name, truth, studies, study);
    assert!((0.93..=0.97).contains(&share), "{name}: {share}");
}

/// Yes or no in clusters of one to six rows that share a probability of 0.4 to 1.
fn clustered(clusters: u64, stream: &mut Stream) -> Clusters {
    let mut rows = Clusters::new();
    for cluster in 0..clusters {
        let probability = 0.4 + 0.6 * stream.unit();
        for _ in 0..=stream.below(6) {
            let yes = stream.chance(probability);
            rows.add(u128::from(cluster), f64::from(u8::from(yes)), 1.0).unwrap();
        }
    }
    rows
}

#[test]
fn wilson_covers_independent_rows() {
    assert_covers("wilson", 0.3, 2000, |stream| {
        let successes = (0..120).filter(|_| stream.chance(0.3)).count();
        Some(wilson(successes as f64, 120.0, LEVEL))
    });
}

#[test]
fn clustered_intervals_cover_dependent_rows_and_plain_ones_do_not() {
    let truth = 0.7;
    assert_covers("normal", truth, 2000, |stream| clustered(60, stream).interval(LEVEL));
    assert_covers("normal, few clusters", truth, 2000, |stream| clustered(12, stream).interval(LEVEL));
    assert_covers("wilson, clustered", truth, 2000, |stream| {
        let rows = clustered(60, stream);
        let total = rows.total();
        Some(wilson_clustered(total.above.value(), total.below.value(), rows.design_effect()?, LEVEL))
    });
    // Five copies of each row, taken for five independent ones.
    let naive = coverage("naive", truth, 500, |stream| {
        let total = clustered(60, stream).total();
        Some(wilson(5.0 * total.above.value(), 5.0 * total.below.value(), LEVEL))
    });
    assert!(naive < 0.7, "{naive}");
}

#[test]
fn the_bootstrap_covers_dependent_rows() {
    assert_covers("bootstrap", 0.7, 1000, |stream| {
        let mut replicates = Replicates::new(stream.next_u64(), 400);
        replicates.add_clusters(&clustered(60, stream));
        replicates.ratio_interval(LEVEL)
    });
}

#[test]
fn differences_cover_groups_and_pairs() {
    assert_covers("newcombe", 0.2, 2000, |stream| {
        let first = (0..80).filter(|_| stream.chance(0.8)).count() as f64;
        let second = (0..100).filter(|_| stream.chance(0.6)).count() as f64;
        newcombe((first, 80.0), (second, 100.0), LEVEL)
    });
    // The second is yes only where the first is, three times in four.
    let pair = |stream: &mut Stream| {
        let first = stream.chance(0.8);
        (first, first & stream.chance(0.75))
    };
    assert_covers("newcombe, paired", 0.2, 2000, |stream| {
        let mut pairs = Pairs::default();
        for _ in 0..100 {
            let (first, second) = pair(stream);
            pairs.add(first, second);
        }
        newcombe_paired(&pairs, LEVEL)
    });
    assert_covers("paired clusters", 0.2, 2000, |stream| {
        let (mut originals, mut variants) = (Clusters::new(), Clusters::new());
        for cluster in 0..100 {
            let (first, second) = pair(stream);
            originals.add(cluster, f64::from(u8::from(first)), 1.0).unwrap();
            variants.add(cluster, f64::from(u8::from(second)), 1.0).unwrap();
        }
        paired_difference(&originals, &variants, LEVEL)
    });
}

#[test]
fn results_of_shuffled_rows_in_other_chunks_are_the_same_bytes() {
    let mut stream = Stream::new(Hasher::new("rows").finish());
    let mut rows: Vec<(u128, f64)> =
        (0..600).map(|_| (u128::from(stream.below(50)), 1e3 * (stream.unit() - 0.3))).collect();
    let result = |rows: &[(u128, f64)], chunk: usize| {
        let (mut clusters, mut replicates) = (Clusters::new(), Replicates::<2>::new(11, 200));
        for rows in rows.chunks(chunk) {
            let mut part = Clusters::new();
            for &(cluster, value) in rows {
                part.add(cluster, value, 1.0).unwrap();
            }
            clusters.merge(&part);
            replicates.add_clusters(&part);
        }
        let intervals = (clusters.interval(LEVEL), replicates.ratio_interval(LEVEL), clusters.ratio());
        serde_json::to_string(&(clusters, replicates, intervals)).unwrap()
    };
    let first = result(&rows, 600);
    for chunk in [1, 7, 100] {
        stream.shuffle(&mut rows);
        assert!(result(&rows, chunk) == first, "chunks of {chunk}");
    }
}
