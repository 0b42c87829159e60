//! The update of a node group: every node is replaced by one that runs the target.
//!
//! [`Spec`](spec::Spec) is what was asked, [`Observation`](crate::observed::Observation) what was seen and
//! [`Rollout`](rollout::Rollout) what has been recorded so far. [`decide`](decide::decide) looks at these three and the
//! time; it records [`Event`](event::Event)s, asks for [`Action`](crate::action::Action)s and says what it waits for.

pub mod batch;
pub mod decide;
pub mod decision;
pub mod event;
pub mod phase;
pub mod pick;
pub mod plan;
pub mod problem;
pub mod project;
pub mod rollout;
pub mod spec;
pub mod wait;
