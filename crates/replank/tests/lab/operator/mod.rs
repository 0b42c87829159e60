//! The operator on a real control plane: what the API server refuses, an update from its plan to its end, replicas.

mod approval;
mod browser;
mod chart;
mod collector;
mod definitions;
mod ends;
mod faults;
mod fleet;
mod guide;
mod people;
mod replicas;
