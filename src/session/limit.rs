//! `--limit N`: a run on the first look at a few rows of each source.

use std::collections::BTreeMap;

use crate::check::program::{Program, Step, StepKind};

/// Has every source give `count` rows at most, chosen by identity like any sample, so that a larger
/// limit keeps the rows of a smaller one.
pub fn limit(program: &mut Program, count: u64) {
    for node in &mut program.nodes {
        let source = node.steps.iter().position(|step| {
            matches!(step.kind, StepKind::Read(_) | StepKind::Rows { .. } | StepKind::Listed { .. })
        });
        let Some(source) = source else { continue };
        let keyed = matches!(node.steps.get(source + 1).map(|step| &step.kind), Some(StepKind::Key(_)));
        let place = source + 1 + usize::from(keyed);
        let span = node.steps[source].span;
        let kind = StepKind::Sample { count, per: Vec::new(), up_to: true };
        node.steps.insert(place, Step { kind, frame: 0, local_models: BTreeMap::new(), span });
    }
}
