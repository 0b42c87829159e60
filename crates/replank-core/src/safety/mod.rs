//! Safety checks shared by all workflows: which evictions are allowed, what a pod loses, which instance may be
//! terminated.

pub mod budget;
pub mod disposition;
