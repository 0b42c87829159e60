//! Pure checks: which eviction, what a pod loses by it, what may be terminated.

pub mod budget;
pub mod disposition;
