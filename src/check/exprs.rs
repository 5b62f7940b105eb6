//! The expressions that a checked step holds.

use super::program::{Body, Expr, Message, Otherwise, StepKind};

/// All expressions of a step, outermost ones only.
pub(super) fn of_step(step: &StepKind) -> Vec<&Expr> {
    match step {
        StepKind::Where(expr) | StepKind::Let(expr) | StepKind::Dedup(expr) => vec![expr],
        StepKind::Explode { list } | StepKind::Cross { list } => vec![list],
        StepKind::Order { by, .. } => vec![by],
        StepKind::Rows { fields, .. } => fields.iter().collect(),
        StepKind::Listed { rows } => rows.iter().flatten().collect(),
        StepKind::Group { columns, .. } => {
            columns.iter().flat_map(|column| column.leaves.iter().flat_map(|leaf| &leaf.arguments)).collect()
        }
        StepKind::Search { query, otherwise, .. } => with(query, otherwise),
        StepKind::Fetch { address, otherwise, .. } => with(address, otherwise),
        StepKind::Vary(vary) => {
            let on = vary.on.iter().filter_map(|(_, at)| at.as_ref());
            on.chain(vary.variations.iter().map(|variation| &variation.value)).collect()
        }
        StepKind::Query(query) => of_message(&query.message),
        StepKind::Verdict(verdict) => {
            let when = verdict.when.iter().flat_map(|(condition, value)| [condition, value]);
            let compare = verdict.compare.iter().flat_map(|compare| [&compare.first, &compare.second]);
            when.chain([&verdict.value]).chain(&verdict.otherwise).chain(compare).collect()
        }
        StepKind::Read(_)
        | StepKind::Key(_)
        | StepKind::Join { .. }
        | StepKind::Union { .. }
        | StepKind::Sample { .. }
        | StepKind::Repeat { .. }
        | StepKind::Batch { .. }
        | StepKind::Unbatch { .. }
        | StepKind::Repaired { .. }
        | StepKind::Labels { .. }
        // Nothing is asked in a measure.
        | StepKind::Measure(_)
        | StepKind::Project(_) => Vec::new(),
    }
}

fn with<'e>(expr: &'e Expr, otherwise: &'e Otherwise) -> Vec<&'e Expr> {
    match otherwise {
        Otherwise::Value(value) => vec![expr, value],
        Otherwise::Fail | Otherwise::Drop => vec![expr],
    }
}

fn of_message(message: &Message) -> Vec<&Expr> {
    let body = match &message.body {
        Body::User(text) | Body::Turns(text) => text,
    };
    let settings = message.settings.iter().map(|setting| &setting.value);
    message.system.iter().chain([body]).chain(&message.images).chain(settings).collect()
}
