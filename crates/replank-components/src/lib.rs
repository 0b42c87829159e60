//! What acts in a world: the API server, controllers, scheduler, kubelets and the Cluster Autoscaler.
//!
//! | does | decides |
//! | --- | --- |
//! | answers requests and carries out due work as Kubernetes and AWS do it, each with its source | nothing of an update of nodes |
//!
//! A world calls this crate through the table [`kubernetes::Kubernetes`], so that who only reads worlds does not
//! depend on it.

mod acts;
pub mod apiserver;
pub mod autoscaler;
pub mod control;
pub mod enter;
#[cfg(test)]
mod events;
pub mod kubelet;
pub mod kubernetes;
pub mod machines;
mod notify;
pub mod schedule;
