//! The parts of commands that speak to a real cluster.

mod ending;
pub(crate) mod holder;
pub(crate) mod kwok;
mod outlook;
mod placer;
pub(crate) mod reach;
pub(crate) mod serve;
mod shown;
pub(crate) mod taken;
pub(crate) mod upgrade;
