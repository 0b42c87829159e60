//! Value types of the Kubernetes API: labels, selectors, taints, quantities, percentages, cron schedules.

pub mod labels;
pub mod percent;
pub mod quantity;
pub mod schedule;
pub mod selector;
pub mod taint;

/// What the name of the Cluster Autoscaler's deployment contains, whatever a chart calls the release.
pub const CLUSTER_AUTOSCALER: &str = "cluster-autoscaler";
