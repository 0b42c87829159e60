//! What an answer is made of: whole, in pieces that are there already, or as it comes.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// The body of an answer.
pub type Content = UnsyncBoxBody<Bytes, Infallible>;

/// What is there in one piece; its length is told.
pub fn whole(bytes: impl Into<Bytes>) -> Content {
    Full::new(bytes.into()).boxed_unsync()
}

/// What is there in pieces. Its length is not told: who knows it says it in the head of the answer.
pub fn pieces(all: Vec<Bytes>) -> Content {
    let frames = all.into_iter().map(|piece| Ok(Frame::data(piece)));
    StreamBody::new(stream::iter(frames)).boxed_unsync()
}

/// What comes, until it ends. It is asked for more when the client has taken what there was, and dropped when the client
/// is gone.
pub fn stream(source: impl Stream<Item = Bytes> + Send + 'static) -> Content {
    StreamBody::new(source.map(|bytes| Ok(Frame::data(bytes)))).boxed_unsync()
}

/// What comes through a channel, until it is closed. Whoever sends hears of a client that is gone by the closed channel,
/// and waits for one that is slow by its bound.
pub fn channel(source: mpsc::Receiver<Bytes>) -> Content {
    stream(stream::unfold(source, async |mut source| Some((source.recv().await?, source))))
}
