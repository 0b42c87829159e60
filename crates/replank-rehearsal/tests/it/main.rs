//! Worlds made from texts, with everything that acts in them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod autoscaler;
mod contents;
mod gates;
mod operators;
mod zones;
