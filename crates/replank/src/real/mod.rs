//! Commands on a real cluster.

pub(crate) mod add_on;
pub(crate) mod aws;
pub(crate) mod connect;
mod ending;
pub(crate) mod holder;
mod kept;
mod kubeconfig;
mod open;
mod opened;
pub(crate) mod operator;
mod plan;
mod resolve;
mod run;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod upgrade;
