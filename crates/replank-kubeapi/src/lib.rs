//! The Kubernetes API of an embedded cluster, over TLS with a certificate authority of its own.
//!
//! Unmodified clients talk to it: `kubectl`, client-go, kube-rs. What it shows is the world as it is, every time in
//! wall time; what it is asked to do becomes an act of the world. It decides nothing.
//!
//! The parts that rewrite JSON (patches, server-side apply, tables, OpenAPI documents, selectors) know neither HTTP
//! nor the world.
//!
//! To serve a cluster, wrap its world in a [`Live`], make or load an [`Authority`], bind a listener, and spawn
//! [`serve()`]. Let time pass by [`Live::advance_to`] only; after changes past it call [`Live::wake`]. Keep
//! [`Live::calendar`] and the authority when the world is kept, so that times and certificates stay what they were.
//! Bearer tokens are checked by the function in [`Bearers`].

pub mod apply;
mod asked;
mod auth;
mod authority;
mod authorize;
mod discovery;
mod documents;
pub mod duplicate;
mod failure;
#[cfg(test)]
mod fuzz;
mod live;
mod objects;
pub mod openapi;
pub mod page;
pub mod patch;
pub mod rejection;
mod render;
mod resource;
pub mod schema;
pub mod select;
mod selection;
mod serve;
mod show;
mod step;
pub mod strict;
pub mod table;
mod validate;
mod verb;
mod wire;

pub use auth::{Bearers, User};
pub use authority::{Authority, AuthorityError};
pub use live::Live;
pub use objects::objects;
pub use serve::{Cluster, Limits, ServeError, serve};
