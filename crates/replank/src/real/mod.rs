//! Commands on a real cluster.

pub(crate) mod add_on;
pub(crate) mod aws;
pub(crate) mod cluster;
pub(crate) mod connect;
mod data_directory;
mod ending;
pub(crate) mod holder;
mod kept;
mod kubeconfig;
mod open;
mod opened;
pub(crate) mod operator;
mod other;
mod plan;
mod resolve;
mod run;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(in crate::real) mod steering;
pub(crate) mod upgrade;
