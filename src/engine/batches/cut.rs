//! Calls of one model, in batches that a provider takes.

use crate::models::request::Request;

use super::Queued;

/// Calls in one batch, at most: what OpenAI takes, and less than Anthropic does.
const MOST_CALLS: usize = 50_000;
/// Bytes of requests in one batch, at most; both providers take more.
const MOST_BYTES: usize = 150 << 20;
/// About what stands around a request's texts on the wire.
const AROUND: usize = 1_000;

pub(super) fn cut(calls: Vec<Queued>) -> Vec<Vec<Queued>> {
    let mut batches: Vec<Vec<Queued>> = Vec::new();
    let mut bytes = 0;
    for call in calls {
        let size = size(&call.request);
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_CALLS && bytes + size <= MOST_BYTES => {
                bytes += size;
                batch.push(call);
            }
            _ => {
                bytes = size;
                batches.push(vec![call]);
            }
        }
    }
    batches
}

/// About how many bytes a request is on the wire.
fn size(request: &Request) -> usize {
    AROUND
        + match request {
            Request::Chat(chat) => {
                let turns = chat.turns.iter().map(|turn| {
                    let pictures = turn.images.iter().map(|picture| picture.bytes.len() * 4 / 3);
                    turn.text.len() + pictures.sum::<usize>()
                });
                chat.system.as_deref().map_or(0, str::len)
                    + turns.sum::<usize>()
                    + chat.schema.as_ref().map_or(0, |schema| schema.to_string().len())
            }
            Request::Embed(texts) => texts.iter().map(|text| text.len()).sum(),
            _ => 0,
        }
}
