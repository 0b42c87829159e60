//! Flags of the Cluster Autoscaler, with the defaults of version 1.34.5 (`config/flags/flags.go`).

use replank_world::time::Span;

/// Flags of the Cluster Autoscaler that the world honours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoscalerSettings {
    /// `--scan-interval`.
    pub scan: Span,
    /// `--scale-down-enabled`.
    pub scale_down: bool,
    /// `--scale-down-delay-after-add`.
    pub delay_after_add: Span,
    /// `--scale-down-delay-after-delete`.
    pub delay_after_delete: Span,
    /// `--scale-down-unneeded-time`.
    pub unneeded: Span,
    /// `--scale-down-unready-time`.
    pub unready: Span,
    /// `--scale-down-utilization-threshold`.
    pub utilization: f64,
    /// `--unremovable-node-recheck-timeout`.
    pub recheck: Span,
    /// `--max-node-provision-time`.
    pub provision: Span,
    /// `--cordon-node-before-terminating`, true by default since 1.34.0.
    pub cordons: bool,
    /// `--node-delete-delay-after-taint`.
    pub delete_delay: Span,
    /// `--max-pod-eviction-time`.
    pub eviction: Span,
    /// `--max-graceful-termination-sec`.
    pub termination: Span,
    /// `--max-scale-down-parallelism`.
    pub parallelism: u32,
    /// `--max-drain-parallelism`.
    pub drains: u32,
    /// `--skip-nodes-with-*`.
    pub skips: Skips,
}

/// Pods that prevent the removal of their node whatever their budgets allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skips {
    /// `--skip-nodes-with-local-storage`.
    pub local_storage: bool,
    /// `--skip-nodes-with-system-pods`.
    pub system_pods: bool,
}

impl Default for AutoscalerSettings {
    fn default() -> Self {
        Self {
            scan: Span::secs(10),
            scale_down: true,
            delay_after_add: Span::secs(600),
            delay_after_delete: Span::ZERO,
            unneeded: Span::secs(600),
            unready: Span::secs(1_200),
            utilization: 0.5,
            recheck: Span::secs(300),
            provision: Span::secs(900),
            cordons: true,
            delete_delay: Span::secs(5),
            eviction: Span::secs(120),
            termination: Span::secs(600),
            parallelism: 10,
            drains: 1,
            skips: Skips { local_storage: true, system_pods: true },
        }
    }
}
