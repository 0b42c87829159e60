//! The nodes of a cluster by name.

use kube::Client;
use replank_core::names::NodeName;

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
