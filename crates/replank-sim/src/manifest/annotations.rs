//! Annotations of pod templates by which an ordinary manifest says how its pods behave in the embedded world.

use crate::rng::Delay;
use crate::vocab::labels::Map;
use crate::worldfile;

/// What the name of each begins with.
pub(super) const PREFIX: &str = "sim.replank/";
/// From running to Ready.
pub const READY: &str = "sim.replank/ready";
/// From the request to stop to the end.
pub const TERMINATE: &str = "sim.replank/terminate";
/// How long a pod runs that ends by itself: one of a Job, or one that nobody owns and that is not restarted.
pub const RUNS: &str = "sim.replank/runs";
/// What Helm marks the hooks of a chart with, and waits for their end.
pub(crate) const HOOK: &str = "helm.sh/hook";
/// What is wrong with new pods: `image`, `readiness` or `crash`.
pub const BROKEN: &str = "sim.replank/broken";

/// All of them, with what each takes.
pub(super) const ALL: [(&str, Takes); 4] =
    [(READY, Takes::Delay), (TERMINATE, Takes::Delay), (RUNS, Takes::Delay), (BROKEN, Takes::Breakage)];

/// What an annotation takes.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    /// A delay as in a world file.
    Delay,
    /// `image`, `readiness` or `crash`.
    Breakage,
}

impl Takes {
    /// What is accepted when `text` is not.
    pub(super) fn refuses(self, text: &str) -> Option<&'static str> {
        match self {
            Self::Delay if text.parse::<worldfile::Delay>().is_ok() => None,
            Self::Delay => Some("must be a delay such as 5s, 2s..8s, `median 10s, 95% 40s` or never"),
            Self::Breakage if matches!(text, "image" | "readiness" | "crash") => None,
            Self::Breakage => Some("must be image, readiness or crash"),
        }
    }
}

/// The delay that an annotation asks for, if it is there and well formed.
pub fn delay(annotations: &Map, key: &str) -> Option<Delay> {
    annotations.get(key)?.parse::<worldfile::Delay>().ok().map(Delay::from)
}
