//! Pure checks and arithmetic: how many, which eviction, what a pod loses, which node next.

pub mod draw;
