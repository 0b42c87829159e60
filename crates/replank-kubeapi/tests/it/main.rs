//! The real `kubectl` against the API of the default world.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_input;
mod bench;
mod bounds;
mod looks;
mod nodes;
mod owners;
mod proven;
mod rehearsed;
mod rollouts;
mod volumes;
mod watches;
mod wire;
mod writes;
