//! Nodes as a whole: which there are, and how they come and go.

use kube::Client;
use replank_core::names::{NodeName, Uid};
use serde_json::{Value, json};

use crate::mirror::{WireList, WireNode};
use crate::{failure, request};

/// The names of the nodes that a label selector chooses; of all nodes without one. The error is in words for people.
pub async fn names(client: &Client, selector: Option<&str>) -> Result<Vec<NodeName>, String> {
    let selector = selector.map(request::escaped).unwrap_or_default();
    let request = request::get(&format!("/api/v1/nodes?labelSelector={selector}"));
    let listed =
        request::send::<WireList<WireNode>>(client, request).await.map_err(|error| failure::of(&error))?;
    Ok(listed.items.into_iter().flatten().map(|node| NodeName::new(node.metadata.name)).collect())
}

/// Registers a node, as its kubelet would. One that is there already is no error.
pub async fn register(client: &Client, node: &Value) -> Result<(), String> {
    match request::send::<Value>(client, request::post("/api/v1/nodes", node)).await {
        Err(error) if failure::status(&error).is_none_or(|it| it.code != 409) => Err(failure::of(&error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Removes a node whose machine is gone, and no namesake of it. One that is not there is no error.
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
