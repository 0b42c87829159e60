//! How long things take in the world. A world file sets them; the defaults are those of an ordinary EKS cluster.

use crate::rng::Delay;
use crate::time::Span;

/// Durations of everything in the world that takes time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    /// From the request for an instance to its launch.
    pub launch: Delay,
    /// From the launch of an instance to the registration of its node.
    pub boot: Delay,
    /// From the registration of a node to condition Ready.
    pub join: Delay,
    /// From the binding of a pod until its images are pulled.
    pub pull: Delay,
    /// From the pulled images to started containers.
    pub start: Delay,
    /// From started containers to condition Ready; a readiness probe may make it longer.
    pub ready: Delay,
    /// From SIGTERM to the end of a container, at most the grace period.
    pub stop: Delay,
    /// To attach a volume to a node, and to detach it.
    pub attach: Delay,
    /// How long a pod of a Job runs, unless the Job says so itself.
    pub job: Delay,
    /// From `TerminateInstances` to the state `terminated`.
    pub terminate: Delay,
    /// From a change to the reaction of a controller (medians of a real control plane: 5 to 9 ms).
    pub control: Span,
    /// The scheduler's time for one pod, from taking it off the queue to its binding.
    pub schedule: Span,
    /// Without a heartbeat for this long a node's Ready becomes `Unknown` (kube-controller-manager
    /// `--node-monitor-grace-period`, 50 s since 1.32).
    pub grace_period: Span,
    /// Period of the cloud node lifecycle controller and of the node monitor (`--node-monitor-period`).
    pub monitor: Span,
    /// Toleration of `not-ready` and `unreachable` that admission gives pods (`DefaultTolerationSeconds`).
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
