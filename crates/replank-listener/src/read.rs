//! The body of a request, taken in within bounds.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// So many times the largest body is taken of one that is refused, for so long.
const SWALLOWED: usize = 8;
const SWALLOWS: Duration = Duration::from_secs(2);

/// Why a body was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than the limit.
    TooLarge,
    /// The client broke off, or the protocol was broken.
    Broken,
    /// It did not come in time.
    Late,
}

/// A body of at most `bytes_max` that is there within `most`.
pub async fn whole(mut body: Incoming, bytes_max: usize, most: Duration) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > bytes_max as u64 {
        let _as_far_as_it_goes = timeout(SWALLOWS, swallow(&mut body, bytes_max * SWALLOWED)).await;
        return Err(Unread::TooLarge);
    }
    match timeout(most, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::Late),
    }
}

/// Takes some more of a body that is refused: a client that is still sending would never read the answer.
async fn swallow(body: &mut Incoming, mut left: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if bytes >= left {
            return;
        }
        left -= bytes;
    }
}
