//! The operator on a real control plane: what the API server refuses, an update from its plan to its end, replicas.

mod browser;
mod chart;
mod definitions;
mod ends;
mod faults;
mod fleet;
mod guide;
mod people;
mod replicas;
