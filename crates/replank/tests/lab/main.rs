//! The command on a real control plane: updates under faults, and whether rehearsals come true.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]
#![expect(clippy::panic, reason = "a test that meets the unexpected shall say what it was")]
#![expect(clippy::print_stdout, reason = "the table of fidelity is its result")]

mod aws;
mod faults;
mod fidelity;
mod objects;
mod operator;
