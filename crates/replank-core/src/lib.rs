//! What a node group update does next.
//!
//! [`Spec`](spec::Spec) is what was asked, [`Observation`](observed::Observation) what was seen,
//! [`Rollout`](rollout::Rollout) what happened so far. Decisions look at these three and at the time they are
//! given; they record [`Event`](event::Event)s, ask for [`Action`](action::Action)s and say what they wait for.
//!
//! This crate knows no clock, no I/O, no serialisation, no Kubernetes client and no cloud. It is a function.

pub mod action;
pub mod decide;
pub mod decision;
pub mod event;
pub mod names;
pub mod observed;
pub mod preview;
pub mod problem;
pub mod project;
pub mod rollout;
pub mod safety;
pub mod spec;
pub mod version;
pub mod wait;
