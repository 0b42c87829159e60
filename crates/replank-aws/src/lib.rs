//! A real cloud: Auto Scaling groups, launch templates, instances and images of AWS, behind the cloud port of the
//! engine.
//!
//! | it does | it decides |
//! | --- | --- |
//! | reads a group by one call a turn, and what is new of its instances and templates | when the next look is worth a call |
//! | judges a node by the content it was launched with, never by a version's number | whether two contents are equal |
//! | creates versions, points groups, changes sizes, terminates | whether a refusal is for now, for good, or no answer |
//! | finds the image that a release, a minor or a parameter stands for | nothing about the order of an update |
//!
//! It knows nothing of Kubernetes, and never tries anything again: that is for the engine, whose waits show it. What
//! AWS does is told at the places that rely on it. None of it was ever run against AWS itself: it is tested against
//! moto with the behaviour that moto lacks, and against `replank up`.

mod act;
pub mod add_ons;
mod answer;
mod calls;
mod cloud;
pub mod clusters;
mod connect;
mod console;
mod credentials;
pub mod ec2;
mod endpoint;
pub mod events;
mod failure;
pub mod family;
pub mod group;
pub mod hold;
mod hooks;
mod iam;
mod image;
mod joins;
mod json;
mod look;
pub mod managed;
pub mod node_groups;
mod passing;
pub mod policies;
pub mod preflight;
mod query;
mod quotas;
mod read;
mod rights;
mod room;
mod signed;
mod ssm;
pub mod target;
mod tidy;
mod user_data;
mod view;

pub use calls::Calls;
pub use cloud::AwsCloud;
pub use connect::{Access, Aws, Caller, ConnectError};
pub use failure::{CallError, FailureKind};
pub use joins::Joins;
pub use passing::Passing;
pub use read::ReadGroupError;
