//! What acts in a world: the API server, controllers, scheduler, kubelets and the Cluster Autoscaler.
//!
//! | it does | it decides |
//! | --- | --- |
//! | answers requests as an API server does ([`apiserver`]) | which writes, evictions and deletions are refused |
//! | creates and deletes pods and keeps status ([`control`]), starts and ends pods on nodes ([`kubelet`]) | how many pods a workload has, and when they are Ready |
//! | places pods ([`schedule`]) and changes the sizes of groups ([`autoscaler`]) | which node a pod goes to, which node an autoscaler adds or removes |
//!
//! All of it is done as Kubernetes and AWS do it; each rule names its source. A world calls this crate through the table
//! [`kubernetes::Kubernetes`], so that who only reads worlds does not depend on it.
//!
//! It must never know: sessions, updates, the policy they are judged with.

mod acts;
pub mod apiserver;
pub mod autoscaler;
pub mod control;
pub mod enter;
#[cfg(test)]
mod events;
mod fargate;
mod fargate_size;
pub mod kubelet;
pub mod kubernetes;
pub mod machines;
mod notify;
pub mod schedule;
