//! How long nothing may come of an answer, and the answer read within that.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

use super::transport::{Fault, reason};

/// No answer to a request of ours is larger than this.
const LARGEST: usize = 256 << 20;

/// How long nothing may come while an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Idle(pub(super) Duration);

impl Idle {
    /// Waits for a step of an answer, but not for longer than nothing may come. The client has such
    /// a limit too, which sets its clock also where nothing is waited for.
    pub(super) async fn wait<T>(self, step: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::time::timeout(self.0, step).await.map_err(|_| Fault::TimedOut)
    }

    /// The body of an answer, all of it.
    pub(super) async fn whole<B>(self, mut body: B) -> Result<Bytes, Fault>
    where
        B: Body<Data = Bytes, Error: Error + 'static> + Unpin,
    {
        // As a rule it comes in one piece, which need not be copied.
        let first = self.piece(&mut body).await?.unwrap_or_default();
        let Some(second) = self.piece(&mut body).await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(piece) = next {
            if whole.len() + piece.len() > LARGEST {
                return Err(Fault::Torn("the answer is larger than any answer should be".to_owned()));
            }
            whole.extend_from_slice(&piece);
            next = self.piece(&mut body).await?;
        }
        Ok(whole.freeze())
    }

    async fn piece<B>(self, body: &mut B) -> Result<Option<Bytes>, Fault>
    where
        B: Body<Data = Bytes, Error: Error + 'static> + Unpin,
    {
        while let Some(frame) = self.wait(body.frame()).await? {
            let frame = frame.map_err(|error| Fault::Torn(reason(&error)))?;
            // The other frames are trailers, which say nothing to us.
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}
