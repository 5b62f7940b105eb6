//! What would run, and why: said by what decides it.

use serde::{Deserialize, Serialize};

use crate::check::program::NodeId;
use crate::engine::run::{Door, Finished, Run};
use crate::plan::unit::Unit;
use crate::store::{Space, StoreError};

/// The manifests of a file's units as they were when they last ran.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Remembered {
    /// By node name, one manifest a unit.
    nodes: Vec<(String, Vec<String>)>,
}

/// Why a node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nothing of it is known.
    New,
    /// Its own steps differ: what stood there, and what stands there now.
    Changed { was: String, is: String },
    /// What comes in differs, or rows wait for answers.
    Input,
}

impl Remembered {
    pub fn load(run: &Run, file: &str) -> Result<Remembered, StoreError> {
        let fact = run.shelf.store().fact(Space::Run, key(file).as_bytes())?;
        let Some(digest) = fact.and_then(|fact| <[u8; 32]>::try_from(fact.as_slice()).ok()) else {
            return Ok(Remembered::default());
        };
        let object = run.shelf.store().object(&crate::digest::Digest(digest))?;
        Ok(object.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Notes the manifests of a run, for the next one to be compared with.
    pub fn save(run: &Run, file: &str) -> Result<(), StoreError> {
        let nodes = run.ground.program.nodes.iter().enumerate().map(|(at, node)| {
            let units = units(run, NodeId(at as u32)).map(|unit| unit.manifest.clone()).collect();
            (node.name.to_string(), units)
        });
        let remembered = Remembered { nodes: nodes.collect() };
        let Ok(bytes) = serde_json::to_vec(&remembered) else { return Ok(()) };
        let digest = run.shelf.store().put_object(&bytes)?;
        run.shelf.store().put_fact(Space::Run, key(file).as_bytes(), &digest.0)
    }

    /// Why a node that is not known must run.
    pub fn why(&self, run: &Run, node: NodeId) -> Why {
        let Some(name) = run.ground.program.nodes.get(node.0 as usize).map(|node| &node.name) else {
            return Why::New;
        };
        let Some((_, before)) = self.nodes.iter().find(|(known, _)| *known == **name) else {
            return Why::New;
        };
        let now: Vec<&str> = units(run, node).map(|unit| unit.manifest.as_str()).collect();
        let lines = |manifests: &mut dyn Iterator<Item = &str>| -> Vec<String> {
            manifests.flat_map(|manifest| manifest.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
        };
        let before = lines(&mut before.iter().map(String::as_str));
        let now = lines(&mut now.into_iter());
        let at = before.iter().zip(&now).position(|(was, is)| was != is);
        match at.or((before.len() != now.len()).then(|| before.len().min(now.len()))) {
            Some(at) => Why::Changed {
                was: before.get(at).cloned().unwrap_or_default(),
                is: now.get(at).cloned().unwrap_or_default(),
            },
            None => Why::Input,
        }
    }
}

fn units(run: &Run, node: NodeId) -> impl Iterator<Item = &Unit> {
    run.plan.units.iter().filter(move |unit| unit.node == node)
}

fn key(file: &str) -> String {
    format!("manifest {file}")
}

/// Whether all of a node's units were known.
pub fn is_known(run: &Run, finished: &Finished, node: NodeId) -> bool {
    run.plan
        .order()
        .iter()
        .filter(|id| run.plan.unit(**id).node == node)
        .all(|id| finished.doors.get(id) == Some(&Door::Known))
}
