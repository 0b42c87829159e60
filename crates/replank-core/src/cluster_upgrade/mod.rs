//! The upgrade of a whole cluster: checks, control plane, add-ons, node groups, Fargate, one minor after the other.
//!
//! [`plan::steps`] lays a [`spec::Spec`] out as a list of steps, [`progress::Upgrade`] is how far its recorded facts tell
//! it is, and [`decide::decide`] says what comes next and why not yet. Updates of node groups are its children: it
//! begins them, holds them and waits for them, and knows nothing of their nodes but how many serve.

pub mod decide;
pub mod decision;
pub mod event;
pub mod observed;
pub mod plan;
pub mod problem;
pub mod progress;
pub mod spec;
pub mod target;
pub mod wait;
