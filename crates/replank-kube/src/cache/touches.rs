//! Who cordoned or uncordoned a node and who set its taints, by its managed fields (Kubernetes:
//! `metadata.managedFields`).

use std::sync::Arc;

use jiff::Timestamp;
use replank_core::observed::Touch;
use replank_engine::ports::marks::MANAGER;

use super::wire::Managed;

/// Manager that rewrites the whole list of taints when conditions change, those of others included.
const LIFECYCLE: &str = "kube-controller-manager";

/// Who last wrote the fields of a node that keep pods off it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Touches {
    /// Who wrote `spec.unschedulable`.
    pub(super) cordon: Touch,
    /// Who wrote the list of taints; empty for writers that only copy those of others.
    pub(super) taints: Touch,
    /// All managers that wrote something besides the status, each with its last time.
    writers: Vec<(Arc<str>, Option<Timestamp>)>,
}

impl Touches {
    /// Reads the managed fields of a node.
    pub(super) fn read(entries: Vec<Managed>, cordoned: bool) -> Self {
        let owner = |owns: &dyn Fn(&Managed) -> bool| {
            let entry = entries.iter().filter(|entry| owns(entry)).max_by_key(|entry| entry.time);
            entry.map(|entry| Touch { by: Some(entry.manager.clone()), at: entry.time }).unwrap_or_default()
        };
        let cordon = owner(&|entry| entry.fields_v1.spec.unschedulable.is_some());
        let taints = owner(&|entry| entry.fields_v1.spec.taints.is_some());
        let copied = taints.by.as_deref().is_none_or(|by| by == MANAGER || by == LIFECYCLE);
        let whole = entries.into_iter().filter(|entry| entry.subresource.is_empty());
        Self {
            cordon: if cordoned { cordon } else { Touch::default() },
            taints: if copied { Touch::default() } else { taints },
            writers: whole.map(|entry| (entry.manager, entry.time)).collect(),
        }
    }

    /// Who wrote since `before`: the manager with a new time. A removed field has no manager any more, so who removed
    /// it is only known from the change itself.
    pub(super) fn writer_since(&self, before: &Self, now: Timestamp) -> Touch {
        let new = self.writers.iter().filter(|writer| !before.writers.contains(writer));
        let last = new.max_by_key(|(_, at)| *at);
        Touch { by: last.map(|(by, _)| by.clone()), at: last.and_then(|(_, at)| *at).or(Some(now)) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn entry(manager: &str, second: i64, spec: &Value) -> Value {
        json!({"manager": manager, "operation": "Update", "time": at(second).to_string(), "fieldsV1": {"f:spec": spec}})
    }

    fn touches(entries: &[Value], cordoned: bool) -> Touches {
        Touches::read(serde_json::from_value(entries.into()).unwrap(), cordoned)
    }

    fn by(touch: &Touch) -> (Option<&str>, Option<i64>) {
        (touch.by.as_deref(), touch.at.map(Timestamp::as_second))
    }

    #[test]
    fn the_manager_of_a_field_is_who_wrote_it() {
        let kubelet = entry("kubelet", 1, &json!({"f:taints": {}}));
        let person = entry("kubectl", 5, &json!({"f:unschedulable": {}}));
        let seen = touches(&[kubelet.clone(), person.clone()], true);
        assert_eq!(
            (by(&seen.cordon), by(&seen.taints)),
            ((Some("kubectl"), Some(5)), (Some("kubelet"), Some(1)))
        );
        for copies in ["replank", "kube-controller-manager"] {
            let copied = entry(copies, 7, &json!({"f:taints": {}}));
            assert_eq!(by(&touches(&[kubelet.clone(), copied], false).taints), (None, None), "{copies}");
        }
    }

    #[test]
    fn who_opened_a_node_is_who_wrote_since_it_was_closed() {
        let ours = entry("replank", 5, &json!({"f:unschedulable": {}}));
        let heartbeat = |second| {
            let mut entry = entry("kubelet", second, &json!({}));
            entry["subresource"] = "status".into();
            entry
        };
        let closed = touches(&[ours, heartbeat(5)], true);
        let autoscaler = entry("cluster-autoscaler", 8, &json!({"f:taints": {}}));
        let opened = touches(&[autoscaler, heartbeat(9)], false);
        assert_eq!(by(&opened.writer_since(&closed, at(10))), (Some("cluster-autoscaler"), Some(8)));
        // `kubectl uncordon` only takes the field away.
        let opened = touches(&[heartbeat(9)], false);
        assert_eq!(by(&opened.writer_since(&closed, at(10))), (None, Some(10)));
    }
}
