//! Meanings of the members of a serialized report, for the reference. A test compares their names with a report.

/// Every member and its meaning, in the order in which they are written.
pub(crate) const REPORT: [(&str, &str); 24] = [
    ("format", "2. What an old reader would misread makes the next number; members are only added."),
    ("at", "When the report was made."),
    ("update", "The update's name in the journal."),
    ("cluster", "The cluster."),
    ("group", "The node group."),
    ("release", "The release that every node shall run."),
    ("version", "Its Kubernetes version."),
    ("startedAt", "When the update was asked for."),
    ("phase", "`setup`, `scaleUp`, `guard`, `upgrade`, `scaleDown`, `restore` (clean-up) or `done`."),
    ("phaseSince", "Since when."),
    ("sizes", "The group's sizes as last seen: `min`, `desired`, `max`."),
    ("original", "The sizes from before the update, which it restores."),
    ("batch", "How many nodes may be in work at once."),
    ("increment", "How many extra nodes are asked for."),
    (
        "counts",
        "How many nodes stand where: `old` (those in work among them), `inWork`, `ready` (new, Ready, \
         labelled and open to pods), `closed` (new, Ready, and closed by somebody else), `joining` (new, on their way), `leaving`; and so far `replaced`, `removed` (surplus).",
    ),
    (
        "nodes",
        "The nodes in work: `instance`, `node`, `zone`, `purpose` (`replace`, `lost`, `excess` or `retire`), `stage` (`draining`, \
         `forcing`, `drained` (load balancers get time to notice) or `terminating`), `since`, `until` (when patience with the stage ends), `podsLeft`.",
    ),
    (
        "waits",
        "Everything that is waited for: `text` and `advice` in words, `node`, `on` (the [kind](waits.md) with names \
         and numbers), `since`, `again` (when it is tried again at the latest), `until`.",
    ),
    ("problems", "What a person should look at: `text`, `advice`, `problem` (the [kind](problems.md))."),
    ("failure", "Why it failed: `message` as EKS words it, `detail`, `code`, `why`, `resources`."),
    (
        "end",
        "How it ended: `at`, `outcome` (`succeeded`, `failed` or `cancelled`), `unrestored` (sizes that it raised \
         and could not restore), `kept` (why the group keeps more nodes than before).",
    ),
    (
        "unplaced",
        "Pods of the cluster that had no node when it ended: `pod`, `message` of the scheduler, `seconds`, `asBefore` (it \
         is older than the update).",
    ),
    (
        "wishes",
        "What persons asked for on the way: `paused` and `cancelled` (what becomes of nodes in work: `finished` or \
         `uncordoned`), `restoreTarget`, `forced`.",
    ),
    ("force", "Whether pods that will not leave in time are deleted."),
    (
        "wakeAt",
        "When the next turn comes at the latest; without it only a change or a person can bring news.",
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::REPORT;

    #[test]
    fn every_member_is_described() {
        let written: Map<String, Value> = serde_json::from_str(include_str!("../tests/report.json")).unwrap();
        let (mut described, mut written): (Vec<_>, Vec<_>) = (
            REPORT.iter().map(|(name, _)| (*name).to_owned()).collect(),
            written.into_iter().map(|(name, _)| name).collect(),
        );
        described.sort();
        written.sort();
        assert_eq!(described, written);
    }
}
