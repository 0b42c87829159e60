//! Labels, taints and annotations that an update sets or reads on nodes. The same for every implementation of the
//! Kubernetes port.

use std::collections::BTreeSet;

use jiff::Timestamp;
use replank_core::action::{MarkNode, Marking};
use replank_core::observed::{Effect, Ours, SeenTaint, TO_BE_DELETED, Taint, Touch};

/// Key of the guard taint and of the label with the node group's name (EKS).
pub const NODEGROUP: &str = "eks.amazonaws.com/nodegroup";
/// Value of the guard taint (EKS).
pub const GUARD_VALUE: &str = "unschedulable";
/// Label with the image id of a node (EKS).
pub const NODEGROUP_IMAGE: &str = "eks.amazonaws.com/nodegroup-image";
/// Label that keeps a node out of external load balancers (Kubernetes).
pub const EXCLUDE: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
/// Annotation that lists the marks that an update set, separated by commas: `cordon`, `exclude`, `keep`.
pub const MARKS: &str = "replank.dev/marks";
/// Annotation with which a person puts a node on hold; its value is the reason.
pub const HOLD: &str = "replank.dev/hold";

/// Field manager of what an update writes.
pub const MANAGER: &str = "replank";

/// Annotation that keeps autoscalers from removing a node (Cluster Autoscaler: `ScaleDownDisabledKey`).
pub const KEEP: &str = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
/// Value of that annotation when an update sets it.
pub const KEPT: &str = "true";

const CORDON: &str = "cordon";
const KEPT_MARK: &str = "keep";
const EXCLUSION: &str = "exclude";

/// A taint as decisions need it; `None` for one that keeps no pods off. Cluster Autoscaler's has its time as the value.
pub fn taint(key: &str, value: &str, effect: &str, touch: Touch) -> Option<SeenTaint> {
    let taint = Taint { key: key.into(), effect: Effect::named(effect)? };
    let own =
        (key == TO_BE_DELETED).then(|| value.parse().ok().and_then(|it| Timestamp::from_second(it).ok()));
    Some(SeenTaint { taint, touch: Touch { at: own.flatten().or(touch.at), ..touch } })
}

/// The marks that the annotation [`MARKS`] lists.
pub fn ours(noted: &str) -> Ours {
    let has = |mark: &str| noted.split(',').any(|set| set == mark);
    Ours { cordon: has(CORDON), exclude: has(EXCLUSION), keep: has(KEPT_MARK) }
}

/// The values of [`MARKS`] and [`KEEP`] after `mark`; `None` removes one. `noted` and `kept` are their present values.
/// An annotation that somebody else set is neither changed nor listed.
pub fn annotations(noted: &str, kept: Option<&str>, mark: &MarkNode) -> [(&'static str, Option<String>); 2] {
    let Marking { cordon, exclude, keep, .. } = mark.marks;
    let keep = keep.filter(|keep| !keep || kept.is_none());
    let mut marks: BTreeSet<&str> = noted.split(',').filter(|mark| !mark.is_empty()).collect();
    let was_ours = marks.contains(KEPT_MARK);
    for (name, wanted) in [(CORDON, cordon), (EXCLUSION, exclude), (KEPT_MARK, keep)] {
        match wanted {
            Some(true) => drop(marks.insert(name)),
            Some(false) => drop(marks.remove(name)),
            None => {}
        }
    }
    let noted = (!marks.is_empty()).then(|| marks.into_iter().collect::<Vec<_>>().join(","));
    let kept = match keep {
        Some(true) => Some(KEPT),
        // Who changed the value made it theirs.
        Some(false) => kept.filter(|value| !was_ours || *value != KEPT),
        None => kept,
    };
    [(MARKS, noted), (KEEP, kept.map(str::to_owned))]
}

#[cfg(test)]
mod tests {
    use replank_core::names::Uid;

    use super::*;

    fn after(noted: &str, kept: Option<&str>, marks: Marking) -> (Option<String>, Option<String>) {
        let mark = MarkNode { node: "n".into(), uid: Uid(1), instance: "i".into(), marks };
        let [(_, noted), (_, kept)] = annotations(noted, kept, &mark);
        (noted, kept)
    }

    #[test]
    fn only_what_an_update_set_is_noted_and_taken_away() {
        let text = |text: &str| Some(text.to_owned());
        let keep = |keep| Marking { keep: Some(keep), ..Marking::default() };
        assert_eq!(after("", None, keep(true)), (text("keep"), text("true")));
        assert_eq!(after("cordon,keep", Some("true"), keep(false)), (text("cordon"), None));
        for persons in ["true", "false"] {
            assert_eq!(after("", Some(persons), keep(true)), (None, text(persons)));
            assert_eq!(after("", Some(persons), keep(false)), (None, text(persons)));
        }
        assert_eq!(
            after("keep", Some("false"), keep(false)),
            (None, text("false")),
            "it is a person's by now"
        );
        let cordon = Marking { cordon: Some(true), ..Marking::default() };
        assert_eq!(after("exclude", Some("true"), cordon), (text("cordon,exclude"), text("true")));
    }
}
