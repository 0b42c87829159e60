//! Sets and removes marks on a node in one patch with the node's uid and resource version. The server replaces the list
//! of taints and our annotation as a whole, so changes of others must not be overwritten; and a patch that arrives late
//! must not mark a node that was given back meanwhile.

use kube::Client;
use replank_core::action::{MarkNode, Marking};
use replank_core::observed::{Answer, Refused};
use serde_json::{Value, json};

use super::answer;
use crate::cache::{SeenNode, WireNode, is_guard};
use crate::request;
use replank_engine::ports::marks::{self, EXCLUDE, GUARD_VALUE, NODEGROUP};

/// Sets and removes the marks. `seen` is the node from the cache, which saves a read. A node that has changed since
/// gives [`Refused::Changed`].
pub(crate) async fn mark(client: &Client, mark: &MarkNode, seen: Option<SeenNode>) -> Answer {
    let path = format!("/api/v1/nodes/{}", mark.node);
    let node = match seen {
        Some(node) => node,
        None => match request::send::<WireNode>(client, request::get(&path)).await {
            Ok(node) => SeenNode::read(node),
            Err(error) => return answer::of(&error),
        },
    };
    if node.uid != mark.uid {
        let message = format!("node {} is another one by now", mark.node);
        return Answer::NotYet(Refused::Changed { message });
    }
    match request::send::<Value>(client, request::patch(&path, &patch(mark, &node))).await {
        Ok(_) => Answer::Done,
        Err(error) => answer::of(&error),
    }
}

fn patch(mark: &MarkNode, node: &SeenNode) -> Value {
    let Marking { guard, cordon, exclude, keep } = mark.marks;
    let [(noted_at, noted), (kept_at, kept)] = marks::annotations(&node.marks, node.kept.as_deref(), mark);
    let mut patch = json!({"metadata": {
        "uid": mark.uid.to_string(),
        "resourceVersion": node.resource_version,
        "annotations": {noted_at: noted},
    }});
    if keep.is_some() && kept.as_deref() != node.kept.as_deref() {
        patch["metadata"]["annotations"][kept_at] = kept.into();
    }
    if let Some(cordon) = cordon {
        patch["spec"]["unschedulable"] = if cordon { true.into() } else { Value::Null };
    }
    if let Some(exclude) = exclude {
        patch["metadata"]["labels"] = json!({EXCLUDE: if exclude { "true".into() } else { Value::Null }});
    }
    if let Some(guard) = guard {
        let mut taints: Vec<Value> = node.taints.iter().filter(|taint| !is_guard(taint)).cloned().collect();
        if guard {
            taints.push(json!({"key": NODEGROUP, "value": GUARD_VALUE, "effect": "NoSchedule"}));
        }
        patch["spec"]["taints"] = if taints.is_empty() { Value::Null } else { taints.into() };
    }
    patch
}

#[cfg(test)]
mod tests {
    use replank_core::names::{InstanceId, NodeName, Uid};

    use replank_engine::ports::marks::{KEEP, MARKS};

    use super::*;

    fn node(object: Value) -> SeenNode {
        SeenNode::read(serde_json::from_value(object).unwrap())
    }

    fn wish(guard: Option<bool>, cordon: Option<bool>, exclude: Option<bool>) -> MarkNode {
        let (node, instance) = (NodeName::new("node-1"), InstanceId::new("i-1"));
        MarkNode { node, uid: Uid(1), instance, marks: Marking { guard, cordon, exclude, keep: None } }
    }

    #[test]
    fn the_guard_comes_and_goes_beside_the_taints_of_others() {
        let other = json!({"key": "gpu", "effect": "NoSchedule"});
        let guard = json!({"key": NODEGROUP, "value": GUARD_VALUE, "effect": "NoSchedule"});
        let meta = json!({"name": "node-1", "uid": "1", "resourceVersion": "7"});
        let free = node(json!({"metadata": meta, "spec": {"taints": [other]}}));
        let set = patch(&wish(Some(true), None, None), &free);
        assert_eq!(set["spec"]["taints"], json!([other, guard]));
        assert_eq!(set["metadata"]["resourceVersion"], "7");
        let guarded = node(json!({"metadata": meta, "spec": {"taints": [guard]}}));
        let taken = patch(&wish(Some(false), None, None), &guarded);
        assert_eq!(taken["spec"], json!({"taints": null}));
    }

    #[test]
    fn what_keeps_autoscalers_away_is_set_beside_its_note_and_never_in_the_place_of_a_persons() {
        let keep = |keep| MarkNode {
            marks: Marking { keep: Some(keep), ..Marking::default() },
            ..wish(None, None, None)
        };
        let seen = |annotations: Value| {
            node(json!({"metadata": {"name": "node-1", "uid": "1", "annotations": annotations}}))
        };
        let of = |mark: &MarkNode, seen: &SeenNode| patch(mark, seen)["metadata"]["annotations"].clone();
        assert_eq!(of(&keep(true), &seen(json!({}))), json!({MARKS: "keep", KEEP: "true"}));
        let ours = seen(json!({MARKS: "keep", KEEP: "true"}));
        assert_eq!(of(&keep(false), &ours), json!({MARKS: null, KEEP: null}));
        let persons = seen(json!({KEEP: "false"}));
        assert_eq!(of(&keep(true), &persons), json!({MARKS: null}));
        assert_eq!(of(&wish(None, Some(true), None), &persons), json!({MARKS: "cordon"}));
    }

    #[test]
    fn a_cordon_is_noted_beside_what_is_noted_already_and_names_the_version() {
        let meta =
            json!({"name": "node-1", "uid": "1", "resourceVersion": "7", "annotations": {MARKS: "exclude"}});
        let seen = node(json!({"metadata": meta}));
        let set = patch(&wish(None, Some(true), None), &seen);
        assert_eq!(set["metadata"]["annotations"][MARKS], "cordon,exclude");
        assert_eq!(set["spec"], json!({"unschedulable": true}));
        assert_eq!(set["metadata"]["resourceVersion"], "7");
        let taken = patch(&wish(None, None, Some(false)), &seen);
        assert_eq!(taken["metadata"]["annotations"], json!({MARKS: null}));
        assert_eq!(taken["metadata"]["labels"], json!({EXCLUDE: null}));
    }
}
