//! Reading everything there is, to see whether it is sound.

use super::ledger::split;
use super::position::{Mark, Position};
use super::record::{Line, peek};
use super::{CallKey, DiskStore, Space, Store, StoreError, StoreWarning};
use crate::digest::Digest;

/// What a verification read, and what it found wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    pub frames: u64,
    pub replies: u64,
    pub events: u64,
    pub objects: u64,
    pub facts: u64,
    /// In the order: ledger, index, objects, facts. Empty when all is sound.
    pub findings: Vec<Finding>,
}

/// Something wrong in a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// A part of the ledger cannot be read.
    #[error("{0}")]
    Ledger(StoreWarning),
    /// A line whose frame is sound is not what a ledger holds.
    #[error("segment {segment}, frame at byte {offset}: line {line} is not a record")]
    Line { segment: u32, offset: u32, line: u16 },
    /// The index leads to no reply, or to an older one; opening the store again mends it.
    #[error("the index does not lead to the reply of call {}", key.short())]
    Index { key: CallKey },
    /// An object's content is not what its name states.
    #[error("the object {} is damaged", digest.short())]
    Object { digest: Digest },
    /// A long fact's object is missing or damaged.
    #[error("a memo ({}) leads to a missing object", space.name())]
    Fact { space: Space },
}

impl DiskStore {
    /// Reads every frame, record, index entry, object and fact. Changes nothing.
    pub fn verify(&self) -> Result<Verification, StoreError> {
        self.flush()?;
        let mut found = Verification::default();
        self.verify_ledger(&mut found)?;
        for digest in self.shared.objects.list() {
            found.objects += 1;
            if !self.shared.objects.is_sound(&digest)? {
                found.findings.push(Finding::Object { digest });
            }
        }
        found.facts = Space::ALL.into_iter().map(|space| self.shared.facts.len(space)).sum();
        for (space, _, digest) in self.shared.facts.pointers() {
            if !self.shared.objects.is_sound(&digest)? {
                found.findings.push(Finding::Fact { space });
            }
        }
        Ok(found)
    }

    fn verify_ledger(&self, found: &mut Verification) -> Result<(), StoreError> {
        let mut findings = Vec::new();
        let damage = self.shared.ledger.frames(Mark::default(), |segment, offset, head, packed| {
            found.frames += 1;
            found.replies += u64::from(head.replies);
            found.events += u64::from(head.others);
            let lines = head.unpack(packed).unwrap_or_default();
            for (line, text) in (0_u16..).zip(split(&lines)) {
                if serde_json::from_slice::<Line<'_>>(text).is_err() {
                    findings.push(Finding::Line { segment, offset, line });
                } else if let Some(peek) = peek(text)
                    && peek.is_served
                    && !self.leads_to(peek.key, Position { segment, offset, line })?
                {
                    findings.push(Finding::Index { key: peek.key });
                }
            }
            Ok(())
        })?;
        found.findings.extend(damage.into_iter().map(Finding::Ledger));
        found.findings.extend(findings);
        Ok(())
    }

    /// Whether the index leads from a key to this place, or to a later reply of the same key.
    fn leads_to(&self, key: CallKey, position: Position) -> Result<bool, StoreError> {
        let Ok(Some(indexed)) = self.shared.calls()?.find(&key) else { return Ok(false) };
        if indexed <= position {
            return Ok(indexed == position);
        }
        let text = self.shared.ledger.line(indexed)?;
        Ok(text.and_then(|text| peek(&text)).is_some_and(|later| later.key == key && later.is_served))
    }
}
