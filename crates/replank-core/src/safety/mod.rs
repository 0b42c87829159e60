//! Pure checks and arithmetic: how many, which eviction, what a pod loses, which node next.

pub mod budget;
pub mod draw;
pub mod fate;
pub mod limit;
pub mod pick;
