//! `docs/reference/by-minor.md`: how control planes differ by version, from the table that the embedded world acts by.

use std::fmt::Write;

use replank_core::behaviour::{Behaviour, ServerVersion};
use replank_core::version::Minor;

/// What differs between versions and is not done, with the version it is of.
const LEFT_OUT: [(&str, &str); 4] = [
    ("1.33", "resizing of pods: the subresource `resize` is there, and nothing acts on it"),
    ("1.35", "labels of zone and region that pods get when they are bound"),
    ("any", "warnings of deprecated values; those of deprecated API versions are given"),
    ("any", "features that are off by default, and gates of a real cluster that somebody turned"),
];

/// The table of what differs between the minors that are served, each row with its source, and what of that is not done.
pub fn page() -> String {
    let minors: Vec<Minor> = ServerVersion::all_served().map(|version| version.minor).collect();
    let (oldest, newest) = (minors.first().copied(), minors.last().copied());
    let (oldest, newest) = (oldest.unwrap_or(Minor(0)), newest.unwrap_or(Minor(0)));
    let mut page = format!(
        "# By minor\n\nThe embedded world behaves as the version of its cluster, patch included: {oldest} to {newest} \
         (`version` in a world file), at the newest patch known. So does a rehearsal of a real cluster, as the version \
         that its API server reports. Older clusters behave as {oldest}, newer ones as {newest}. The table is printed from \
         the rules that the world acts by.\n\n## Done\n\n| What |"
    );
    for minor in &minors {
        let _infallible = write!(page, " {minor} |");
    }
    page += " Known from |\n| --- |";
    page += &" --- |".repeat(minors.len() + 1);
    page.push('\n');
    for behaviour in Behaviour::ALL {
        let _infallible = write!(page, "| {} |", what(behaviour));
        for minor in &minors {
            let _infallible = write!(page, " {} |", within(behaviour, *minor));
        }
        let _infallible = writeln!(page, " {} |", behaviour.source());
    }
    page += "| API versions that were removed are not served, deprecated ones are warned of |";
    page += &" yes |".repeat(minors.len());
    page += " `crates/replank-core/data/deprecated-apis.csv`, row by row |\n\n## Left out\n\n| Of | What |\n| --- | --- |\n";
    for (since, left_out) in LEFT_OUT {
        let _infallible = writeln!(page, "| {since} | {left_out} |");
    }
    page
}

/// Whether the patches of a minor behave so: `yes`, `no`, or from or until which.
fn within(behaviour: Behaviour, minor: Minor) -> String {
    let ServerVersion { patch: newest, .. } = ServerVersion::served(minor);
    let has = |patch| ServerVersion { minor, patch }.has(behaviour);
    let turns = (1..=newest).find(|patch| has(*patch) != has(0));
    match (has(0), turns) {
        (true, None) => "yes".to_owned(),
        (false, None) => "no".to_owned(),
        (true, Some(patch)) => format!("before {minor}.{patch}"),
        (false, Some(patch)) => format!("from {minor}.{patch}"),
    }
}

/// What a control plane does that behaves so.
fn what(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::SaysNoClaims => {
            "`FailedScheduling` says `no new claims to deallocate, ` before `preemption:`"
        }
        Behaviour::SaysNotFound => {
            "`FailedScheduling` ends with `not found` where a pod is refused before any node is looked at (an unbound \
             claim, a missing one)"
        }
        Behaviour::SaysTaint => {
            "`FailedScheduling` names the taint, `untolerated taint {key: value}`; else `untolerated taint(s)`"
        }
        Behaviour::SaysVolumeConflict => {
            "`FailedScheduling` says `had volume node affinity conflict` of a volume that is elsewhere; else `didn't match \
             PersistentVolume's node affinity`"
        }
        Behaviour::SaysPlacement => {
            "`FailedScheduling` says on which node preemption makes room, and of how many pods"
        }
        Behaviour::NameBeforeCordon => "filters look at the node's name before its cordon",
        Behaviour::BalanceByGain => {
            "the score for balanced resources is what the pod changes, not what the node is then"
        }
        Behaviour::TriesEarly => "a pod in back-off is tried early while nothing else waits",
        Behaviour::SetMaxUnavailable => "`maxUnavailable` of a StatefulSet counts",
        Behaviour::SetUnavailableFirst => "a parallel StatefulSet updates its sick pods first",
        Behaviour::ReasonedRefusal => {
            "a refused eviction says that the budget failed to sync, or that its numbers allow it"
        }
        Behaviour::ForbiddenHasCause => "a budget that forbids evictions (403) is named as the cause",
        Behaviour::JobHoldsEvicted => {
            "an evicted Job pod is held for the back-off while another of the Job is Ready"
        }
        Behaviour::PodGeneration => "pods have a `generation`",
        Behaviour::PodResize => "pods have the subresource `resize`",
        Behaviour::TerminatingReplicas => "Deployments and ReplicaSets tell `status.terminatingReplicas`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_in_which_patches_it_is_so() {
        for (behaviour, minor, said) in [
            (Behaviour::SaysTaint, 33, "yes"),
            (Behaviour::SaysTaint, 34, "before 1.34.2"),
            (Behaviour::JobHoldsEvicted, 36, "before 1.36.3"),
            (Behaviour::JobHoldsEvicted, 37, "no"),
            (Behaviour::TerminatingReplicas, 34, "no"),
            (Behaviour::TerminatingReplicas, 35, "yes"),
        ] {
            assert_eq!(within(behaviour, Minor(minor)), said, "{behaviour:?} in 1.{minor}");
        }
    }
}
