//! How an update is seen on a node: labels, taints and annotations, the same for every cluster behind a port.

use std::collections::BTreeSet;

use jiff::Timestamp;
use replank_core::action::MarkNode;
use replank_core::observed::{Effect, Ours, SeenTaint, TO_BE_DELETED, Taint, Touch};

/// Taint key of the guard, and label of the node group (EKS).
pub const NODEGROUP: &str = "eks.amazonaws.com/nodegroup";
/// Value of the guard taint (EKS).
pub const GUARD_VALUE: &str = "unschedulable";
/// Label with the image a node runs (EKS).
pub const NODEGROUP_IMAGE: &str = "eks.amazonaws.com/nodegroup-image";
/// Label that keeps a node out of external load balancers (Kubernetes).
pub const EXCLUDE: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
/// Annotation that says which marks an update set, with commas between them.
pub const MARKS: &str = "replank.dev/marks";
/// Annotation by which a person puts a node on hold.
pub const HOLD: &str = "replank.dev/hold";

/// The manager of what an update writes.
pub const MANAGER: &str = "replank";

const CORDON: &str = "cordon";
const EXCLUSION: &str = "exclude";

/// A taint as a decision looks at it; `None` for one that keeps no pods off. The autoscaler's has its time as value.
pub fn taint(key: &str, value: &str, effect: &str, touch: Touch) -> Option<SeenTaint> {
    let taint = Taint { key: key.into(), effect: Effect::named(effect)? };
    let own =
        (key == TO_BE_DELETED).then(|| value.parse().ok().and_then(|it| Timestamp::from_second(it).ok()));
    Some(SeenTaint { taint, touch: Touch { at: own.flatten().or(touch.at), ..touch } })
}

/// The marks that the annotation notes as an update's.
pub fn ours(noted: &str) -> Ours {
    let has = |mark: &str| noted.split(',').any(|set| set == mark);
    Ours { cordon: has(CORDON), exclude: has(EXCLUSION) }
}

/// What the annotation notes once `mark` is set; `None` when nothing is left to note.
pub fn noted_after(noted: &str, mark: &MarkNode) -> Option<String> {
    let mut marks: BTreeSet<&str> = noted.split(',').filter(|mark| !mark.is_empty()).collect();
    for (name, wanted) in [(CORDON, mark.cordon), (EXCLUSION, mark.exclude)] {
        match wanted {
            Some(true) => drop(marks.insert(name)),
            Some(false) => drop(marks.remove(name)),
            None => {}
        }
    }
    (!marks.is_empty()).then(|| marks.into_iter().collect::<Vec<_>>().join(","))
}
