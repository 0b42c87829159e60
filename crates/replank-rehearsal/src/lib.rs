//! Updates in an embedded world: sessions, the ports of engine and service over a world, plans and what-if.
//!
//! | it does | it decides |
//! | --- | --- |
//! | makes worlds from world files and snapshots ([`session`], [`seed`]) | what is assumed where a snapshot does not tell |
//! | is the port of engine and service to a world, with injected faults in between ([`adapter`]) | nothing about nodes: that is the core's |
//! | runs updates to their end ([`drive`]) and tells what came of them | how fast time passes there ([`pace`]) |
//!
//! It must never know: Kubernetes or AWS clients, flags, HTTP.

pub mod adapter;
pub mod drive;
pub mod pace;
pub mod seed;
pub mod session;
