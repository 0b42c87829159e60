//! One listener for every server of ours: sockets, TLS, HTTP/1 and HTTP/2, limits, and an end that lets requests finish.
//!
//! It knows no route, no method and no body: [`Answers`] stands behind it, [`content`] is what an answer may be made of,
//! whole or as it comes, and [`read`] takes a body in within its bounds.
//!
//! The loop is ours because hyper has none and the parts that others offer lack one of the limits: a bound on
//! connections, a deadline for the first request, TLS in its own time, an end in order with its own deadline.

mod accept;
mod connection;
pub mod content;
pub mod limits;
pub mod read;
#[cfg(test)]
mod tests;

pub use accept::{Answers, Peer, serve};
pub use limits::{Beyond, Limits};
