//! Why no node takes a pod, in the scheduler's words.

use std::collections::BTreeMap;

use crate::store::NodeId;

/// The `FailedScheduling` message: counts of reasons, sorted as text.
pub(super) fn unschedulable(verdicts: &[(NodeId, Vec<String>)]) -> String {
    if verdicts.is_empty() {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in verdicts.iter().flat_map(|(_, reasons)| reasons) {
        *counts.entry(reason).or_default() += 1;
    }
    let mut parts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    format!("0/{} nodes are available: {}.", verdicts.len(), parts.join(", "))
}
