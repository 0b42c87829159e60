//! How long things take in the world. Settings of a world file; the defaults are those of an ordinary EKS cluster.

use crate::rng::Delay;
use crate::time::Span;

/// How long things take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    /// From the wish for an instance to its launch.
    pub launch: Delay,
    /// From an instance's launch to its node object.
    pub boot: Delay,
    /// From the node object to `Ready`.
    pub join: Delay,
    /// From a pod's binding until its images are there.
    pub pull: Delay,
    /// From images to started containers.
    pub start: Delay,
    /// From started containers to `Ready`, without a probe that says more.
    pub ready: Delay,
    /// From SIGTERM to the end of a container, cut by the grace.
    pub stop: Delay,
    /// Attaching a volume to a node, and detaching it.
    pub attach: Delay,
    /// How long a pod of a Job works when nothing else is said.
    pub job: Delay,
    /// From the call that terminates an instance to its end.
    pub terminate: Delay,
    /// A controller's answer to a change (observed medians of a real control plane: 5 to 9 ms).
    pub control: Span,
    /// The scheduler's time for one pod.
    pub schedule: Span,
    /// No heartbeat for this long makes a node `Unknown` (kube-controller-manager, 50 s since 1.32).
    pub grace_period: Span,
    /// The cloud node lifecycle controller and the node monitor look this often.
    pub monitor: Span,
    /// Tolerated unreachability of ordinary pods (admission `DefaultTolerationSeconds`).
    pub toleration: Span,
}

impl Default for Timings {
    fn default() -> Self {
        let between = |low, high| Delay::Between(Span::secs(low), Span::secs(high));
        Self {
            launch: between(3, 8),
            boot: between(25, 45),
            join: between(8, 15),
            pull: between(1, 6),
            start: Delay::Between(Span::millis(500), Span::secs(2)),
            ready: between(2, 10),
            stop: between(1, 5),
            attach: between(4, 10),
            job: between(60, 180),
            terminate: between(20, 40),
            control: Span::millis(7),
            schedule: Span::millis(1),
            grace_period: Span::secs(50),
            monitor: Span::secs(5),
            toleration: Span::secs(300),
        }
    }
}
