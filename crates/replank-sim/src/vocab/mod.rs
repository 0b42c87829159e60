//! The small languages of Kubernetes: quantities, selectors, taints, counts and shares.

pub mod labels;
pub mod percent;
pub mod quantity;
pub(crate) mod schedule;
pub mod selector;
pub mod taint;
