//! Stacks of CloudFormation: templates, what a new template changes, and carrying it out a step at a time.
//!
//! | it does | it decides |
//! | --- | --- |
//! | reads templates and works out their functions ([`template`]) | which templates are refused, in CloudFormation's words |
//! | keeps stacks, change sets and events on record ([`record`]) | which request fits the status of a stack ([`ask`]) |
//! | creates, updates and deletes resources in order ([`run`]) | what is undone when one of them fails |
//! | turns properties into requests of EKS and EC2 ([`resource`]) | nothing about nodes: an update is asked for as any client does |
//!
//! It must never know: HTTP, signatures, the world. It acts through [`port::Api`], the operations that clients have.

pub mod ask;
pub mod error;
pub mod made;
pub mod port;
pub mod record;
pub mod resource;
pub mod run;
pub mod template;

pub use error::{Code, StackError};
