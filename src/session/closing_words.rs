//! What is to be said when runs are over and something of them is still open.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::allowance::{Allowance, Bound};
use crate::engine::run::Run;
use crate::engine::tally::Tally;
use crate::report::number::{counted, money};

use super::way_out::way_out;

/// What runs within one allowance were kept from, went beyond or left waiting; empty where that is
/// nothing. The allowance is what all of them had together.
pub fn closing_words(runs: &[&Arc<Run>], allowance: &Allowance) -> Vec<String> {
    let of_limits = [reached(runs, allowance), passed(runs, allowance), in_batches(runs)];
    unanswered(runs).into_iter().chain(of_limits.into_iter().flatten()).collect()
}

/// What to say of endpoints that were left alone, since they failed or refused again and again, and
/// of those that answered nothing.
fn unanswered(runs: &[&Arc<Run>]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for run in runs {
        let tallies: BTreeMap<String, Tally> = run.caller.tallies().all().into_iter().collect();
        for (_, endpoint) in run.caller.endpoints().iter() {
            let name = endpoint.name();
            let tally = tallies.get(name).copied().unwrap_or_default();
            let is_silent = tally.failed > 0 && tally.calls + tally.recorded == 0;
            let words = match (endpoint.left_alone(), endpoint.trouble()) {
                (Some(failure), _) => format!(
                    "{name} was left alone: {}. What it was not asked counts as missing; run again to ask it.",
                    way_out(endpoint, &failure, false)
                ),
                (None, Some(failure)) if is_silent => {
                    format!("{name} answered no call; the last: {}.", way_out(endpoint, &failure, false))
                }
                _ => continue,
            };
            if !told.contains(&words) {
                told.push(words);
            }
        }
    }
    told
}

/// What to say where a limit kept calls from going out.
fn reached(runs: &[&Arc<Run>], allowance: &Allowance) -> Option<String> {
    let reached: Vec<(Bound, u64)> = runs.iter().filter_map(|run| run.caller.purse().reached()).collect();
    let (bound, _) = reached.first()?;
    let (limit, more) = match bound {
        Bound::Calls(_) => {
            let limit = counted(allowance.calls.unwrap_or_default(), "call");
            (format!("{limit} went out, as many as --max-calls allows"), "--max-calls")
        }
        Bound::Budget(_) => {
            let limit = money(allowance.budget.unwrap_or_default());
            (format!("The budget of {limit} is reached"), "--budget")
        }
    };
    let waiting = counted(reached.iter().map(|(_, kept_back)| kept_back).sum(), "call");
    Some(format!(
        "{limit}. {waiting} did not go out, and their rows count as missing. Everything paid for is kept: \
         run again with a larger {more} to go on."
    ))
}

/// What to say where more was spent than the budget.
fn passed(runs: &[&Arc<Run>], allowance: &Allowance) -> Option<String> {
    let by: u64 = runs.iter().map(|run| run.caller.purse().passed_by()).sum();
    let budget = allowance.budget.filter(|_| by > 0)?;
    Some(format!(
        "The budget of {} was passed by {}: replies were longer than any before them. State `max_tokens` to \
         have it kept to exactly.",
        money(budget),
        money(by)
    ))
}

/// What to say where rows wait for batches that have not ended.
fn in_batches(runs: &[&Arc<Run>]) -> Option<String> {
    let awaited: usize = runs.iter().map(|run| run.caller.batches().awaited()).sum();
    let (calls, are) = match awaited {
        0 => return None,
        1 => ("1 call".to_owned(), "is"),
        many => (counted(many as u64, "call"), "are"),
    };
    Some(format!(
        "{calls} {are} in batches that have not been taken in, and the rows count as missing. They are not \
         made again: run again with --batch to take them in."
    ))
}
