//! Tests of whole updates: stories with the timelines they must give, invariants over every action, planted faults.
//!
//! | it does | it decides |
//! | --- | --- |
//! | runs world files and compares their timelines with those on record ([`story`]) | what of a run a timeline tells |
//! | looks at the world before and after each action of an update ([`invariants`]) | whether an action was allowed, with arithmetic of its own |
//!
//! It must never know: Kubernetes or AWS clients, the policy's own arithmetic. It is never shipped.

pub mod cloud_contract;
pub mod invariants;
pub mod story;
