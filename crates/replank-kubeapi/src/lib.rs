//! The Kubernetes API of an embedded cluster, over TLS with a certificate authority of its own.
//!
//! Unmodified clients talk to it: `kubectl`, client-go, kube-rs. What it shows is the world as it is, every time in
//! wall time; what it is asked to do becomes an act of the world. It decides nothing.
//!
//! The parts that rewrite JSON (patches, server-side apply, tables, OpenAPI documents, selectors) know neither HTTP
//! nor the world.

#[cfg(test)]
mod fuzz;
pub mod page;
pub mod patch;
pub mod rejection;
pub mod schema;
pub mod select;
pub mod table;
