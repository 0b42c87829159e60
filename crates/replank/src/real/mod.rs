//! The parts of commands that speak to a real cluster.

mod claim;
mod ending;
pub(crate) mod kwok;
pub(crate) mod noted;
mod outlook;
mod placer;
pub(crate) mod reach;
pub(crate) mod serve;
mod shown;
pub(crate) mod taken;
mod tenure;
pub(crate) mod upgrade;
