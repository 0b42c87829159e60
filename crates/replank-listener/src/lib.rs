//! One listener for every server of ours: sockets, TLS, HTTP/1 and HTTP/2, limits, and an end that lets requests finish.
//!
//! | it does | it decides |
//! | --- | --- |
//! | accepts connections, with TLS or without, and hands requests to an [`Answers`] ([`serve`]) | how many connections there are at once, and what becomes of one more ([`limits`]) |
//! | reads bodies ([`read`]) and sends answers whole or as they come ([`content`]) | how long it waits for a handshake, the head of a request and a body |
//! | lets requests under way finish when the server stops | how long they get for that |
//!
//! It must never know: routes, methods, what a body says, anything of ours.
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
