//! The command as a user meets it: the real binary, its output, its files, its exit codes.

mod any_request;
mod bad_input;
mod binding;
mod demo;
mod faults;
mod guide;
mod help;
mod kill;
mod killed;
mod manifests;
mod outcomes;
mod plan;
mod real;
mod real_rehearse;
mod real_up;
mod real_up_acts;
mod real_up_errors;
mod rehearse;
mod remote;
mod remote_errors;
mod served;
mod side_by_side;
mod tool;
mod up;
mod wire;
mod yard;
