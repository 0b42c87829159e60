//! A real Kubernetes control plane on this machine, for tests and for trying: released versions of etcd, API server,
//! controller manager and scheduler, with kwok in place of the kubelets.
//!
//! | it does | it decides |
//! | --- | --- |
//! | builds and runs the programs, ends them with its process | how long each may take |
//! | makes nodes as a managed node group would, users and service accounts | their sizes and labels |
//! | kills, hangs and silences parts; reads the audit log | nothing about the product it tests |
//! | runs moto in place of AWS, and gives its instances nodes ([`aws`]) | what moto lacks and how nodes join |
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use replank_lab::{Lab, Node, Settings};
//!
//! let lab = Lab::start(&Settings::default())?;
//! lab.add_nodes(&Node::spread("workers", &["us-west-2a", "us-west-2b"], 4))?;
//! lab.wait_for_ready_nodes(4)?;
//! let rights = lab.service_account("default", "operator")?; // a kubeconfig
//! # drop(rights); Ok(()) }
//! ```
//!
//! Its programs are built once by `cargo xtask lab build`. A lab lives as long as its value; when its process dies,
//! however it dies, everything it started ends and its directory is removed. It must never know any of the product's
//! crates: what is tested here may not help to judge.

mod access;
mod api;
mod audit;
pub mod aws;
pub mod build;
mod flags;
mod guard;
mod http;
mod lab;
mod node;
mod pki;
mod plane;
mod ports;
mod program;
mod settings;
mod size;
mod stages;

pub use access::Access;
pub use api::Api;
pub use audit::{Audit, Event, Mark};
pub use lab::Lab;
pub use node::{Node, is_ready};
pub use plane::Part;
pub use settings::{Leases, Settings, Timing};
