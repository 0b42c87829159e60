//! The Kubernetes API of an embedded cluster, over TLS with a certificate authority of its own. Unmodified clients use
//! it: `kubectl`, client-go, kube-rs.
//!
//! | it does | it decides |
//! | --- | --- |
//! | authenticates clients and serves resources, watches, discovery and OpenAPI | who may ask; nothing about pods or nodes: that is the world's |
//! | shows the world's objects as JSON, with wall times and the server's defaults | what of a write the server owns and puts back |
//! | patches, server-side apply, strict decoding, selectors, tables, as the API server does them | which writes are invalid before the world sees them |
//!
//! It must never know: any decision of an update, how the world works. The parts that rewrite JSON know neither HTTP
//! nor the world.
//!
//! To serve a cluster, wrap its world in a [`Live`], make or load an [`Authority`], bind a listener, and spawn
//! [`serve()`]. Let time pass through [`Live::advance_to`] only; after other changes of the world call [`Live::wake`].
//! Store [`Live::clock_map`] and the authority with the world, so that times and certificates stay the same. Bearer
//! tokens are checked by the function in [`Bearers`].

pub mod apply;
mod asked;
mod auth;
mod authority;
mod authorize;
mod deprecation;
mod discovery;
mod documents;
pub mod duplicate;
mod failure;
#[cfg(test)]
mod fuzz;
mod live;
mod metrics;
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
pub use objects::{everything, objects};
pub use serve::{Cluster, Limits, ServeError, serve};
