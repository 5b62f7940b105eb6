//! Nodes and stages: their heads; the steps are lowered next door.

use super::parts::Parts;
use super::{Lowered, Lowering};
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::tree::{Node, NodeKind, Stage, Step, Vote};

impl Lowering<'_> {
    pub(super) fn node(&mut self, parts: &mut Parts<'_>) -> Lowered<Node> {
        const KINDS: &[(&str, NodeKind)] = &[
            ("curate", NodeKind::Curate),
            ("generate", NodeKind::Generate),
            ("vary", NodeKind::Vary),
            ("query", NodeKind::Query),
            ("judge", NodeKind::Judge),
            ("measure", NodeKind::Measure),
        ];
        const VOTES: &[(&str, Vote)] =
            &[("majority", Vote::Majority), ("unanimous", Vote::Unanimous), ("mean", Vote::Mean)];
        let kind = self.choice(&parts.expect(Rule::node_kind)?, KINDS)?;
        let name = self.next_name(parts)?;
        let from = self.clause_names(parts, Rule::node_from)?;
        let to = self.clause_names(parts, Rule::node_to)?;
        let by = self.clause_names(parts, Rule::node_by)?;
        let vote = parts.accept(Rule::node_vote);
        let vote = vote.map(|vote| self.choice(&Parts::of(vote).expect(Rule::vote)?, VOTES)).transpose()?;
        let steps = self.steps(parts.expect(Rule::steps)?)?;
        Ok(Node { kind, name, from, to, by, vote, steps })
    }

    pub(super) fn stage(&mut self, parts: &mut Parts<'_>) -> Lowered<Stage> {
        let name = self.next_name(parts)?;
        let parameters = self.parameters(parts.expect(Rule::parameters)?)?;
        let adds = parts.accept(Rule::record_type);
        let adds = adds.map_or(Ok(Vec::new()), |fields| self.record_type(fields))?;
        let steps = self.steps(parts.expect(Rule::steps)?)?;
        Ok(Stage { name, parameters, adds, steps })
    }

    fn steps(&mut self, pair: Pair<'_>) -> Lowered<Vec<Step>> {
        Parts::of(pair).map(|step| self.step(step)).collect()
    }
}
