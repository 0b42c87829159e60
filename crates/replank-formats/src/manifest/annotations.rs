//! Annotations of pod templates by which a manifest sets how its pods behave in the embedded world.

use crate::words;
use replank_world::rng::Delay;
use replank_world::vocab::labels::Map;

/// Prefix of all these annotations.
pub(super) const PREFIX: &str = "sim.replank/";
/// Delay from running to Ready.
pub const READY: &str = "sim.replank/ready";
/// Delay from the deletion request to the end of the containers.
pub const TERMINATE: &str = "sim.replank/terminate";
/// How long a pod runs that ends by itself: of a Job, or without an owner and not restarted.
pub const RUNS: &str = "sim.replank/runs";
/// The annotation on hooks of Helm charts, for whose end Helm waits.
pub const HOOK: &str = "helm.sh/hook";
/// How new pods fail: `image`, `readiness` or `crash`.
pub const BROKEN: &str = "sim.replank/broken";

/// All of them, with the type of their values.
pub(super) const ALL: [(&str, Takes); 4] =
    [(READY, Takes::Delay), (TERMINATE, Takes::Delay), (RUNS, Takes::Delay), (BROKEN, Takes::Breakage)];

/// The type of an annotation's value.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    /// A delay as in a world file.
    Delay,
    /// `image`, `readiness` or `crash`.
    Breakage,
}

impl Takes {
    /// What would be accepted, if `text` is not.
    pub(super) fn refuses(self, text: &str) -> Option<&'static str> {
        match self {
            Self::Delay if text.parse::<words::Delay>().is_ok() => None,
            Self::Delay => Some("must be a delay such as 5s, 2s..8s, `median 10s, 95% 40s` or never"),
            Self::Breakage if matches!(text, "image" | "readiness" | "crash") => None,
            Self::Breakage => Some("must be image, readiness or crash"),
        }
    }
}

/// The delay in an annotation; `None` when it is absent or malformed.
pub fn delay(annotations: &Map, key: &str) -> Option<Delay> {
    annotations.get(key)?.parse::<words::Delay>().ok().map(Delay::from)
}
