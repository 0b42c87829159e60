//! Whole updates over ports that stand on a projected world: kills, lost answers, races, commands, drains by hand.

mod commands;
mod drains;
mod kills;
mod reports;
mod supervised;
mod turns;
pub(crate) mod world;
