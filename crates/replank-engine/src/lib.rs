//! Runs the decisions of the core: turns, journal, ports, words.
