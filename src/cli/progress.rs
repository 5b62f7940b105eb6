//! What is seen of a run while it goes on: a live line a node on a terminal, a plain line now and
//! then elsewhere, an event a line for tools.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::check::program::NodeId;
use crate::engine::gauges::Counts;
use crate::engine::run::Run;
use crate::plan::draw::kind;

use super::screen::Screen;

/// How a run is shown.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Manner {
    Live,
    Plain,
    Json,
    Quiet,
}

/// Between two looks at the counts.
const LOOK: Duration = Duration::from_millis(120);
/// Between two plain lines.
const NOW_AND_THEN: Duration = Duration::from_secs(10);
/// A run that ends within this shows nothing of its way.
const AT_ONCE: Duration = Duration::from_millis(400);

/// Shows a run until it is told that it ended.
pub(super) async fn show(
    run: Arc<Run>,
    manner: Manner,
    screen: Screen,
    mut ended: tokio::sync::oneshot::Receiver<()>,
) {
    if manner == Manner::Quiet {
        let _ = ended.await;
        return;
    }
    let began = Instant::now();
    let mut live: Option<Live> = None;
    let mut said = Instant::now();
    loop {
        let over = tokio::time::timeout(LOOK, &mut ended).await.is_ok();
        if manner == Manner::Live && began.elapsed() > AT_ONCE {
            live.get_or_insert_with(|| Live::new(&run, &screen)).update(&run, began.elapsed());
        }
        if manner == Manner::Plain && said.elapsed() > NOW_AND_THEN && !over {
            said = Instant::now();
            plain(&run, began.elapsed()).iter().for_each(|line| screen.tell(line));
        }
        if over {
            if let Some(live) = live {
                live.clear();
            }
            return;
        }
    }
}

/// The counts of a node over all its units; rows are those of its last.
pub(super) fn counts(run: &Run, node: NodeId) -> (Counts, bool) {
    let mut sum = Counts::default();
    let mut done = true;
    for (unit, gauge) in run.plan.units.iter().zip(run.gauges.iter()).filter(|(unit, _)| unit.node == node) {
        let counts = gauge.counts();
        sum += if unit.last { counts } else { Counts { rows: 0, failed: 0, reused: 0, ..counts } };
        done &= gauge.is_done();
    }
    (sum, done)
}

/// Nothing where no node is at work, such as while batches are awaited.
fn plain(run: &Run, elapsed: Duration) -> Option<String> {
    let mut parts = Vec::new();
    for (at, node) in run.ground.program.nodes.iter().enumerate() {
        let (counts, done) = counts(run, NodeId(at as u32));
        if !done && counts.rows + counts.calls > 0 {
            parts.push(format!("{}: {} rows, {} calls", node.name, counts.rows, counts.calls));
        }
    }
    (!parts.is_empty()).then(|| format!("{:>5}s  {}", elapsed.as_secs(), parts.join("; ")))
}

struct Live {
    all: MultiProgress,
    lines: Vec<ProgressBar>,
}

impl Live {
    fn new(run: &Run, screen: &Screen) -> Live {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let wide = run.ground.program.nodes.iter().map(|node| node.name.len()).max().unwrap_or(0);
        let template = if screen.colour_messages {
            "  {spinner:.cyan} {prefix:.bold} {wide_msg}"
        } else {
            "  {spinner} {prefix} {wide_msg}"
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
        let lines = run.ground.program.nodes.iter().map(|node| {
            let line = all.add(ProgressBar::new_spinner());
            line.set_style(style.clone().tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏✓"));
            line.set_prefix(format!("{:<8} {:<wide$}", kind(node.kind), node.name));
            line
        });
        let lines = lines.collect();
        Live { all, lines }
    }

    fn update(&self, run: &Run, elapsed: Duration) {
        for (at, line) in self.lines.iter().enumerate() {
            let (counts, done) = counts(run, NodeId(at as u32));
            let mut message = format!("{:>9} rows", counts.rows);
            if counts.calls > 0 {
                let rate = counts.calls as f64 / elapsed.as_secs_f64().max(0.001);
                message.push_str(&format!("  {:>8} calls  {rate:>6.0}/s", counts.calls));
            }
            if counts.recorded > 0 {
                message.push_str(&format!("  {} on record", counts.recorded));
            }
            if counts.spent > 0 {
                message.push_str(&format!("  ${:.2}", counts.spent as f64 / 1e6));
            }
            if counts.failed > 0 {
                message.push_str(&format!("  {} failed", counts.failed));
            }
            line.set_message(message);
            if done {
                line.finish();
            } else {
                line.tick();
            }
        }
    }

    fn clear(self) {
        let _ = self.all.clear();
    }
}
