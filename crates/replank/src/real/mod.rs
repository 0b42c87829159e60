//! Commands on a real cluster.

pub(crate) mod connect;
mod ending;
pub(crate) mod holder;
mod kubeconfig;
mod open;
mod resolve;
pub(crate) mod serve;
mod shown;
pub(crate) mod snapshot;
pub(crate) mod upgrade;
