//! Runs the decisions of the core: turns, journal, ports, words.

pub mod clock;
pub mod ports;
pub mod probe;
pub mod report;
