//! Lists, registers, removes and relabels nodes.

use kube::Client;
use replank_core::names::{NodeName, Uid};
use replank_engine::ports::marks::NODEGROUP;
use replank_service::ports::node_groups::Relabel;
use serde_json::{Value, json};

use crate::cache::{WireList, WireNode};
use crate::{failure, request};

/// Names of the nodes that a label selector matches, or of all. The error is a message for people.
pub async fn names(client: &Client, selector: Option<&str>) -> Result<Vec<NodeName>, String> {
    Ok(with_groups(client, selector).await?.into_iter().map(|(name, _)| name).collect())
}

/// The same with the node group of each node, from its label.
pub async fn with_groups(
    client: &Client,
    selector: Option<&str>,
) -> Result<Vec<(NodeName, Option<String>)>, String> {
    let selector = selector.map(request::escaped).unwrap_or_default();
    let request = request::get(&format!("/api/v1/nodes?labelSelector={selector}"));
    let listed =
        request::send::<WireList<WireNode>>(client, request).await.map_err(|error| failure::of(&error))?;
    let group = |node: &WireNode| node.metadata.labels.get(NODEGROUP).map(ToString::to_string);
    let pair = |node: WireNode| (NodeName::new(node.metadata.name.clone()), group(&node));
    Ok(listed.items.into_iter().flatten().map(pair).collect())
}

/// Creates a Node object as its kubelet would. Does nothing when it exists.
pub async fn register(client: &Client, node: &Value) -> Result<(), String> {
    match request::send::<Value>(client, request::post("/api/v1/nodes", node)).await {
        Err(error) if failure::status(&error).is_none_or(|it| it.code != 409) => Err(failure::of(&error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Deletes a Node object if it still has this uid. Does nothing when it is gone.
pub async fn remove(client: &Client, name: &NodeName, uid: Uid) -> Result<(), String> {
    let options =
        json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid.to_string()}});
    let path = format!("/api/v1/nodes/{name}");
    match request::send::<Value>(client, request::delete(&path, &options)).await {
        Err(error) if failure::status(&error).is_none_or(|it| !matches!(it.code, 404 | 409)) => {
            Err(failure::of(&error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Attempts to set taints while others change them.
const TRIES: usize = 5;

/// Sets labels and taints on a node, keeping those of others. Does nothing when the node is gone.
pub async fn relabel(client: &Client, name: &NodeName, change: &Relabel) -> Result<(), String> {
    let path = format!("/api/v1/nodes/{name}");
    let mut said = String::new();
    for _ in 0..TRIES {
        let node = match request::send::<WireNode>(client, request::get(&path)).await {
            Ok(node) => node,
            Err(error) if failure::status(&error).is_some_and(|it| it.code == 404) => return Ok(()),
            Err(error) => return Err(failure::of(&error)),
        };
        let body = relabelled(change, &node.spec.taints, &node.metadata.resource_version);
        match request::send::<Value>(client, request::patch(&path, &body)).await {
            Ok(_) => return Ok(()),
            Err(error) => match failure::status(&error).map(|it| it.code) {
                Some(404) => return Ok(()),
                Some(409) => said = failure::of(&error),
                _ => return Err(failure::of(&error)),
            },
        }
    }
    Err(said)
}

/// The merge patch. It has the resource version when taints change, since the server replaces their whole list.
fn relabelled(change: &Relabel, taints: &[Value], version: &str) -> Value {
    let mut patch = json!({ "metadata": { "labels": change.labels } });
    let is = |taint: &Value, key: &str, effect: &str| taint["key"] == *key && taint["effect"] == *effect;
    let goes = |taint: &&Value| {
        change.remove_taints.iter().any(|(key, effect)| is(taint, key, effect))
            || change.set_taints.iter().any(|(key, _, effect)| is(taint, key, effect))
    };
    let mut wanted: Vec<Value> = taints.iter().filter(|taint| !goes(taint)).cloned().collect();
    for (key, value, effect) in &change.set_taints {
        wanted.push(json!({ "key": key, "value": value, "effect": effect }));
    }
    if wanted != taints {
        patch["spec"]["taints"] = if wanted.is_empty() { Value::Null } else { wanted.into() };
        patch["metadata"]["resourceVersion"] = version.into();
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taints_of_others_stay_and_no_taint_needs_no_version() {
        let gpu = json!({ "key": "gpu", "effect": "NoSchedule" });
        let own = json!({ "key": "team", "value": "a", "effect": "NoExecute" });
        let labels = [("a".to_owned(), Some("b".to_owned())), ("c".to_owned(), None)].into();
        let change = Relabel { labels, ..Relabel::default() };
        assert_eq!(
            relabelled(&change, std::slice::from_ref(&gpu), "7"),
            json!({ "metadata": { "labels": { "a": "b", "c": null } } })
        );
        let set = vec![("team".to_owned(), "b".to_owned(), "NoExecute".to_owned())];
        let change = Relabel { set_taints: set, ..Relabel::default() };
        let patch = relabelled(&change, &[gpu.clone(), own.clone()], "7");
        let wanted = json!([gpu, { "key": "team", "value": "b", "effect": "NoExecute" }]);
        assert_eq!((&patch["spec"]["taints"], &patch["metadata"]["resourceVersion"]), (&wanted, &json!("7")));
        let gone = vec![("team".to_owned(), "NoExecute".to_owned())];
        let change = Relabel { remove_taints: gone, ..Relabel::default() };
        assert_eq!(relabelled(&change, &[own], "7")["spec"], json!({ "taints": null }));
    }
}
