//! Commands on a real cluster.

pub(crate) mod add_on;
pub(crate) mod aws;
pub(crate) mod connect;
pub(crate) mod data_directory;
mod ending;
pub(crate) mod holder;
mod kept;
mod kubeconfig;
pub(crate) mod open;
mod opened;
pub(crate) mod operator;
mod other;
mod plan;
mod resolve;
mod run;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod steering;
pub(crate) mod upgrade;
