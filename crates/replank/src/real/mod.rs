//! Commands on a real cluster.

pub(crate) mod connect;
mod ending;
pub(crate) mod holder;
mod kubeconfig;
mod open;
mod plan;
mod resolve;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod upgrade;
