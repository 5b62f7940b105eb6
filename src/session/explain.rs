//! Why a node runs: the texts whose hashes decide, compared with those of the last run.

use crate::check::program::NodeId;
use crate::engine::error::RunError;
use crate::engine::run::{Door, Finished, Run};

use super::remembered::{KnownNode, Remembered};
use super::turnover::turnover;
use super::why::Why;

/// Clauses that make a prompt.
const PROMPT: [&str; 5] = ["ask", "image", "system", "turns", "user"];

/// Whether all of a node's units were known.
pub fn is_known(run: &Run, finished: &Finished, node: NodeId) -> bool {
    let mut units = run.plan.order().iter().filter(|id| run.plan.unit(**id).node == node);
    units.all(|id| finished.doors.get(id) == Some(&Door::Known))
}

/// The last run and this one, side by side.
pub struct Explained<'a> {
    pub run: &'a Run,
    pub finished: &'a Finished,
    pub before: &'a Remembered,
    pub now: &'a Remembered,
}

impl Explained<'_> {
    /// Why a node that is not known runs; the reason that goes deepest first.
    pub fn why(&self, node: NodeId) -> Result<Vec<Why>, RunError> {
        let program = &self.run.ground.program;
        let Some(name) = program.nodes.get(node.0 as usize).map(|node| &*node.name) else {
            return Ok(Vec::new());
        };
        if self.run.refresh.contains(&node) {
            return Ok(vec![Why::Refreshed]);
        }
        let Some(now) = self.now.node(name) else { return Ok(vec![Why::New]) };
        // Under another name a node is known by what it does.
        let before = self.before.node(name).or_else(|| {
            self.before.nodes.iter().find(|other| {
                other.manifests == now.manifests
                    && other.targets == now.targets
                    && self.now.node(&other.name).is_none()
            })
        });
        let Some(before) = before else { return Ok(vec![Why::New]) };
        if self.before.edition != self.now.edition {
            let (was, is) = (self.before.edition.clone(), self.now.edition.clone());
            return Ok(vec![Why::Edition { was, is }]);
        }
        let mut reasons = self.own(before, now);
        reasons.extend(self.incoming(node, before, now)?);
        if reasons.is_empty() {
            reasons.push(match before.unanswered {
                0 => Why::Nothing,
                rows => Why::Unanswered { rows },
            });
        }
        Ok(reasons)
    }

    /// What changed in the node itself, as far as its hashes say that something did.
    fn own(&self, before: &KnownNode, now: &KnownNode) -> Vec<Why> {
        let mut reasons = Vec::new();
        if before.manifests != now.manifests {
            reasons.extend(self.text(before, now));
            reasons.extend(self.functions(now));
            reasons.extend(self.parameters(now));
            reasons.extend(self.models(now));
            if self.before.seed != self.now.seed {
                reasons.push(Why::Seed { was: self.before.seed, is: self.now.seed });
            }
            if self.before.limit != self.now.limit && now.path.is_some() {
                reasons.push(Why::Limit { was: self.before.limit, is: self.now.limit });
            }
            if reasons.is_empty() {
                reasons.push(self.compiled(before, now));
            }
        } else if before.targets != now.targets {
            reasons.extend(self.targets(before, now));
        }
        reasons
    }

    fn text(&self, before: &KnownNode, now: &KnownNode) -> Option<Why> {
        let parting = now.passage.parts_from(&before.passage)?;
        let what = parting.clause.map(|clause| match PROMPT.contains(&&*clause) {
            true => "prompt".to_owned(),
            false => clause,
        });
        let file = self.elsewhere(&now.file);
        Some(Why::Text { what, line: parting.line, file, was: parting.was, is: parting.is })
    }

    /// Functions whose own text changed, where the node calls one that came out different.
    fn functions(&self, now: &KnownNode) -> Vec<Why> {
        let older = |name: &str| self.before.functions.iter().find(|function| function.name == name);
        let calls_changed = self.now.functions.iter().any(|function| {
            let hex = function.digest.hex();
            older(&function.name).is_some_and(|older| older.digest != function.digest)
                && now.manifests.iter().any(|manifest| manifest.contains(&hex))
        });
        if !calls_changed {
            return Vec::new();
        }
        let changed = self.now.functions.iter().filter_map(|function| {
            let before = older(&function.name)?;
            // All of a short function stands on its first line.
            let parting = function
                .passage
                .first_parts_from(&before.passage)
                .or_else(|| function.passage.parts_from(&before.passage))?;
            Some(Why::Function {
                name: function.name.clone(),
                line: parting.line,
                file: self.elsewhere(&function.file),
                was: parting.was,
                is: parting.is,
            })
        });
        changed.collect()
    }

    /// Parameters that changed and that the node's text names.
    fn parameters(&self, now: &KnownNode) -> Vec<Why> {
        let changed = self.now.parameters.iter().filter_map(|(name, is)| {
            let was = self.before.parameters.iter().find(|(known, _)| known == name).map(|(_, was)| was);
            (was != Some(is) && now.passage.mentions(name)).then(|| Why::Parameter {
                name: name.clone(),
                was: was.cloned(),
                is: is.clone(),
            })
        });
        changed.collect()
    }

    /// Models that it may ask and that are bound otherwise.
    fn models(&self, now: &KnownNode) -> Vec<Why> {
        let bindings = |all: &Remembered, name: &str| {
            all.models
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, bindings)| bindings.clone())
                .unwrap_or_default()
        };
        let names =
            |bindings: &[(String, String)]| bindings.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let changed = now.models.iter().filter_map(|name| {
            let (was, is) = (bindings(self.before, name), bindings(self.now, name));
            if was == is {
                return None;
            }
            let (was, is) = (names(&was), names(&is));
            // The same name with other settings.
            Some(if was == is {
                Why::Behind { model: name.clone() }
            } else {
                Why::Model { name: name.clone(), was, is }
            })
        });
        changed.collect()
    }

    fn targets(&self, before: &KnownNode, now: &KnownNode) -> Vec<Why> {
        let missing = |from: &KnownNode, these: &KnownNode| -> Vec<String> {
            let known = |name: &str| from.targets.iter().any(|(other, _)| other == name);
            these.targets.iter().map(|(name, _)| name.clone()).filter(|name| !known(name)).collect()
        };
        let (new, gone) = (missing(before, now), missing(now, before));
        let mut reasons = Vec::new();
        if !new.is_empty() || !gone.is_empty() {
            reasons.push(Why::Targets { new, gone });
        }
        let behind = now.targets.iter().filter(|(name, digest)| {
            before.targets.iter().any(|(known, other)| known == name && other != digest)
        });
        reasons.extend(behind.map(|(name, _)| Why::Behind { model: name.clone() }));
        reasons
    }

    fn compiled(&self, before: &KnownNode, now: &KnownNode) -> Why {
        let lines = |node: &KnownNode| -> Vec<String> {
            node.manifests.iter().flat_map(|manifest| manifest.lines().map(str::to_owned)).collect()
        };
        let (was, is) = (lines(before), lines(now));
        let at = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
        let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
        let (was, is) = (line(&was), line(&is));
        // A model's line holds nothing but the hash of what stands behind it.
        match (is.starts_with("model "), now.models.first()) {
            (true, Some(model)) => Why::Behind { model: model.clone() },
            _ => Why::Compiled { was, is },
        }
    }

    /// What changed in what comes in.
    fn incoming(&self, node: NodeId, before: &KnownNode, now: &KnownNode) -> Result<Vec<Why>, RunError> {
        let program = &self.run.ground.program;
        let Some(declared) = program.nodes.get(node.0 as usize) else { return Ok(Vec::new()) };
        let mut reasons = Vec::new();
        if let Some(path) = &now.path {
            let id = self.run.plan.order().iter().find(|id| self.run.plan.unit(**id).node == node);
            let read_anew = id.is_some_and(|id| self.finished.doors.get(id) != Some(&Door::Known));
            if read_anew && before.path.as_ref() == Some(path) && before.manifests == now.manifests {
                let rows = self.rows(&before.name, node, path.clone(), true)?;
                reasons.extend(rows);
            }
        }
        let waiting: Vec<String> = declared
            .inputs
            .iter()
            .filter(|input| self.waits(**input))
            .filter_map(|input| Some(program.nodes.get(input.0 as usize)?.name.to_string()))
            .collect();
        if !waiting.is_empty() {
            reasons.push(Why::Waits { on: waiting });
            return Ok(reasons);
        }
        for input in &declared.inputs {
            let Some(name) = program.nodes.get(input.0 as usize).map(|input| input.name.to_string()) else {
                continue;
            };
            reasons.extend(self.rows(&name.clone(), *input, name, false)?);
        }
        Ok(reasons)
    }

    fn rows(&self, known_as: &str, node: NodeId, of: String, is_file: bool) -> Result<Option<Why>, RunError> {
        let now = self.finished.tables.get(&self.run.plan.table_of(node));
        let (Some(before), Some(now)) = (self.before.table(self.run, known_as)?, now) else {
            return Ok(None);
        };
        if before == *now {
            return Ok(None);
        }
        Ok(Some(Why::Rows { of, is_file, turnover: turnover(self.run, &before, now)? }))
    }

    /// Whether a node's rows will be others once its calls are made.
    pub fn waits(&self, node: NodeId) -> bool {
        let needed = self.run.plan.needed(&[node]);
        needed.iter().any(|id| self.run.gauges[id.0 as usize].counts().absent > 0)
    }

    /// A file's name, where it is not the one that runs.
    fn elsewhere(&self, file: &str) -> Option<String> {
        (self.now.file != file).then(|| file.to_owned())
    }
}
