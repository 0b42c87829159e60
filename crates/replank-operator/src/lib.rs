//! The operator: runs updates of node groups as custom resources declare them.
//!
//! | it does | it decides |
//! | --- | --- |
//! | follows the custom resources ([`api`]) and writes their status and Events ([`Controller`]) | what to do next with an update that is declared (`decide`): plan, begin, pause, resume, cancel, force |
//! | keeps the journal in the cluster ([`journal`]) | nothing about facts: they are texts to it |
//! | asks the service for updates and commands, as every other edge does | which policy governs an update, and whether it may act now |
//! | asks for the approval of a person where a policy wants one ([`approval`]) | whether it is proven, and of which plan it is |
//! | writes what is asked of an update into the object that declares it ([`Declared`]) | nothing: the controller does it as if it had been applied |
//! | rehearses what a `Snapshot` asks for, on the cluster as it is | nothing: the result is told |
//! | tells others what became of an update ([`notify`]) | nothing: whoever carries it is not waited for |
//! | answers probes ([`health`]) | nothing about nodes: that is the core's |
//!
//! It must never know: flags, the embedded world, which cloud is behind the account, a second way to make a spec.

pub mod api;
pub mod approval;
mod controller;
mod decide;
mod declared;
mod governing;
pub mod health;
pub mod journal;
mod metrics;
pub mod notify;
mod rehearsed;
mod request;
mod status;
mod tell;

pub use controller::{Among, Controller, Mode, Say, Wiring};
pub use declared::Declared;
