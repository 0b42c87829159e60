//! How control planes of Kubernetes 1.32 and newer differ, as one table by minor and patch.
//!
//! The embedded world acts by it, and so do rehearsals of real clusters and what people read about them. A row says
//! since which version something is so, until which it was, and from where that is known. What is not in the table is
//! the same in every version that the embedded world serves.

use std::fmt;

use crate::version::Minor;

/// Version of a control plane, such as 1.34.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    /// Such as 1.34; behaviour follows it, save for what a patch mends.
    pub minor: Minor,
    /// The 4 of 1.34.4.
    pub patch: u32,
}

/// Newest patches of November 2026, oldest minor first; those that EKS's kubelets have, for 1.37 the newest upstream.
/// The table of cluster versions agrees (`replank-service`).
const SERVED: [(u32, u32); 6] = [(32, 13), (33, 12), (34, 9), (35, 8), (36, 4), (37, 2)];

impl ServerVersion {
    /// A version by its numbers: `of(34, 4)` is 1.34.4.
    pub const fn of(minor: u32, patch: u32) -> Self {
        Self { minor: Minor(minor), patch }
    }

    /// The patch of a minor that EKS runs; the first one for minors that this table does not have.
    pub fn served(minor: Minor) -> Self {
        let patch = SERVED.iter().find(|(served, _)| *served == minor.0).map_or(0, |(_, patch)| *patch);
        Self { minor, patch }
    }

    /// The versions that the embedded world serves, oldest first.
    pub fn all_served() -> impl Iterator<Item = Self> {
        SERVED.iter().map(|(minor, patch)| Self::of(*minor, *patch))
    }

    /// Reads what servers report, such as `v1.34.4-eks-113cf36`; `None` without a minor. Without a patch, as in
    /// `v1.34+`, it is that which EKS runs.
    pub fn read(reported: &str) -> Option<Self> {
        let minor = Minor::of_version(reported)?;
        let patch = reported.split('.').nth(2).unwrap_or_default();
        let digits = patch.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(patch.len());
        Some(patch[..digits].parse().map_or_else(|_| Self::served(minor), |patch| Self { minor, patch }))
    }

    /// Whether a control plane of this version behaves so.
    pub fn has(self, behaviour: Behaviour) -> bool {
        let spans = TABLE.iter().filter(|row| row.behaviour == behaviour).flat_map(|row| row.spans);
        spans.into_iter().any(|(since, until)| *since <= self && until.is_none_or(|until| self < until))
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.minor, self.patch)
    }
}

/// Something that control planes of some versions do and those of others do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// `FailedScheduling` has `no new claims to deallocate, ` before `preemption: `.
    SaysNoClaims,
    /// `FailedScheduling` ends with `not found` where a pod is refused before any node is looked at.
    SaysNotFound,
    /// `FailedScheduling` names the taint that excludes a node: `had untolerated taint {key: value}`.
    SaysTaint,
    /// `FailedScheduling` says `had volume node affinity conflict` of a volume that is elsewhere.
    SaysVolumeConflict,
    /// `FailedScheduling` says on which node preemption makes room, and of how many pods.
    SaysPlacement,
    /// The filter by node name comes before that of cordoned nodes.
    NameBeforeCordon,
    /// The score for balanced resources compares a node with the pod to the node without.
    BalanceByGain,
    /// A pod in back-off that a change may help is tried while nothing else waits.
    TriesEarly,
    /// A rolling update of a `StatefulSet` takes `maxUnavailable` pods at once.
    SetMaxUnavailable,
    /// A rolling update of a parallel `StatefulSet` takes pods first that are not available.
    SetUnavailableFirst,
    /// A refused eviction says of a budget that failed to sync, or whose numbers allow it, why it is refused.
    ReasonedRefusal,
    /// A budget that forbids evictions (403) is the cause that the answer names.
    ForbiddenHasCause,
    /// A Job keeps its finalizer on an evicted pod during its back-off while another pod of it is Ready.
    JobHoldsEvicted,
    /// Pods have `metadata.generation`.
    PodGeneration,
    /// Pods have the subresource `resize`.
    PodResize,
    /// `status.terminatingReplicas` of Deployments and ReplicaSets.
    TerminatingReplicas,
}

impl Behaviour {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 16] = [
        Self::SaysNoClaims,
        Self::SaysNotFound,
        Self::SaysTaint,
        Self::SaysVolumeConflict,
        Self::SaysPlacement,
        Self::NameBeforeCordon,
        Self::BalanceByGain,
        Self::TriesEarly,
        Self::SetMaxUnavailable,
        Self::SetUnavailableFirst,
        Self::ReasonedRefusal,
        Self::ForbiddenHasCause,
        Self::JobHoldsEvicted,
        Self::PodGeneration,
        Self::PodResize,
        Self::TerminatingReplicas,
    ];

    /// Where it was read or seen.
    pub fn source(self) -> &'static str {
        TABLE.iter().find(|row| row.behaviour == self).map_or("", |row| row.source)
    }
}

/// A behaviour, when it is so, and how that is known.
struct Row {
    behaviour: Behaviour,
    /// First version that behaves so, and the first later one that does not; `None` for no end.
    spans: &'static [(ServerVersion, Option<ServerVersion>)],
    /// Where it was read or seen.
    source: &'static str,
}

/// Older versions than those that the embedded world serves count as its oldest.
const ALWAYS: ServerVersion = ServerVersion::of(0, 0);

const fn row(
    behaviour: Behaviour,
    spans: &'static [(ServerVersion, Option<ServerVersion>)],
    source: &'static str,
) -> Row {
    Row { behaviour, spans, source }
}

const fn at(minor: u32, patch: u32) -> ServerVersion {
    ServerVersion::of(minor, patch)
}

static TABLE: &[Row] = &[
    row(
        Behaviour::SaysNoClaims,
        &[(at(34, 0), Some(at(37, 0)))],
        "plugins/dynamicresources: on by default from 1.34, the text left the status in 1.37; seen on 1.34.4",
    ),
    row(
        Behaviour::SaysNotFound,
        &[(at(34, 0), None)],
        "plugins/dynamicresources: its PostFilter has no state of a PreFilter that never ran, and its error ends the \
         others; seen on 1.34.4 and 1.37.2",
    ),
    row(
        Behaviour::SaysTaint,
        &[(ALWAYS, Some(at(34, 2)))],
        "plugins/tainttoleration of 1.33.5 and 1.34.4; changed in 1.34.2",
    ),
    row(
        Behaviour::SaysVolumeConflict,
        &[(ALWAYS, Some(at(33, 0)))],
        "plugins/volumebinding/binder.go of 1.32.9 and 1.33.5",
    ),
    row(
        Behaviour::SaysPlacement,
        &[(at(37, 0), None)],
        "framework/preemption/preemption.go of 1.36.3 and 1.37.2",
    ),
    row(Behaviour::NameBeforeCordon, &[(at(37, 0), None)], "default_plugins.go of 1.36.3 and 1.37.2"),
    row(
        Behaviour::BalanceByGain,
        &[(at(36, 0), None)],
        "plugins/noderesources/balanced_allocation.go of 1.35.4 and 1.36.3",
    ),
    row(Behaviour::TriesEarly, &[(at(33, 0), None)], "gate SchedulerPopFromBackoffQ: beta and on in 1.33"),
    row(
        Behaviour::SetMaxUnavailable,
        &[(at(35, 0), Some(at(35, 4))), (at(37, 0), None)],
        "gate MaxUnavailableStatefulSet: on in 1.35.0, off in 1.35.4 and 1.36 (kubernetes#137904), on in 1.37; seen \
         on 1.34, 1.36.3 and 1.37",
    ),
    row(
        Behaviour::SetUnavailableFirst,
        &[(at(37, 0), None)],
        "statefulset/stateful_set_control.go of 1.36.3 and 1.37.2",
    ),
    row(
        Behaviour::ReasonedRefusal,
        &[(at(35, 0), None)],
        "registry/core/pod/storage/eviction.go of 1.34.4 and 1.35.4",
    ),
    row(
        Behaviour::ForbiddenHasCause,
        &[(at(37, 0), None)],
        "registry/core/pod/storage/eviction.go of 1.36.3 and 1.37.2",
    ),
    row(
        Behaviour::JobHoldsEvicted,
        &[(ALWAYS, Some(at(36, 3)))],
        "kubernetes#139428, mended by #139457: job_controller.go of 1.32.9 to 1.35.4 has it, that of 1.36.3 and \
         1.37.2 not; seen on 1.34.4, 1.36.1 and 1.37.2",
    ),
    row(Behaviour::PodGeneration, &[(at(33, 0), None)], "registry/core/pod/strategy.go of 1.32.9 and 1.33.5"),
    row(Behaviour::PodResize, &[(at(33, 0), None)], "gate InPlacePodVerticalScaling: beta and on in 1.33"),
    row(
        Behaviour::TerminatingReplicas,
        &[(at(35, 0), None)],
        "gate DeploymentReplicaSetTerminatingReplicas: alpha and off in 1.33, beta and on in 1.35",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_what_servers_report() {
        for (reported, wanted) in [
            ("v1.34.4", Some(at(34, 4))),
            ("v1.35.3-eks-113cf36", Some(at(35, 3))),
            ("v1.37.2+k3s1", Some(at(37, 2))),
            // Nothing is known of the patch.
            ("v1.34+", Some(at(34, 9))),
            ("v1.99", Some(at(99, 0))),
            ("1.34.4", None),
            ("", None),
        ] {
            assert_eq!(ServerVersion::read(reported), wanted, "{reported}");
        }
        assert_eq!(ServerVersion::read("v1.36.0-eksbuild.2").unwrap().to_string(), "1.36.0");
    }

    /// By version: what people saw, or the sources say.
    #[test]
    fn each_version_behaves_as_it_was_seen_to() {
        use Behaviour::*;
        for (behaviour, so, not_so) in [
            (SaysNoClaims, &[(34, 0), (36, 9)][..], &[(32, 13), (33, 10), (37, 0)][..]),
            (SaysNotFound, &[(34, 4), (37, 2)], &[(33, 12)]),
            (SaysTaint, &[(24, 0), (33, 10), (34, 1)], &[(34, 2), (35, 0)]),
            (SaysVolumeConflict, &[(32, 13)], &[(33, 0)]),
            (BalanceByGain, &[(36, 0), (38, 0)], &[(35, 4)]),
            (SetMaxUnavailable, &[(35, 0), (35, 3), (37, 2)], &[(34, 4), (35, 4), (36, 3)]),
            (ReasonedRefusal, &[(35, 0)], &[(34, 6)]),
            (ForbiddenHasCause, &[(37, 2)], &[(36, 3)]),
            (TerminatingReplicas, &[(35, 0), (37, 2)], &[(34, 9)]),
            (JobHoldsEvicted, &[(32, 9), (34, 4), (35, 4), (36, 1)], &[(36, 3), (37, 2)]),
        ] {
            for (minor, patch) in so {
                assert!(at(*minor, *patch).has(behaviour), "{behaviour:?} in 1.{minor}.{patch}");
            }
            for (minor, patch) in not_so {
                assert!(!at(*minor, *patch).has(behaviour), "no {behaviour:?} in 1.{minor}.{patch}");
            }
        }
    }

    #[test]
    fn every_row_says_how_it_is_known_and_its_spans_follow_each_other() {
        assert_eq!(TABLE.iter().map(|row| row.behaviour).collect::<Vec<_>>(), Behaviour::ALL);
        for row in TABLE {
            assert!(row.source.len() > 20, "{:?}", row.behaviour);
            assert_eq!(TABLE.iter().filter(|other| other.behaviour == row.behaviour).count(), 1);
            let bounds: Vec<ServerVersion> =
                row.spans.iter().flat_map(|(since, until)| [Some(*since), *until]).flatten().collect();
            assert!(bounds.is_sorted(), "{:?}", row.behaviour);
        }
    }
}
