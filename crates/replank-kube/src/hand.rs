//! Drains by hand (`replank drain`), made visible to updates and other drains: each has a Lease that lists its nodes.
//!
//! Whoever begins writes first and looks second: a drain writes its lease and then looks at those of the groups; an
//! update acquires the lease of its group and then looks at those of drains. Of two that begin at once at least one
//! sees the other. A lease that is not renewed counts as ended.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kube::Client;
use replank_core::names::NodeName;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::cache::WireList;
use crate::lease::{self, Held, Lease, LeaseError, Wire};
use crate::{failure, request};

/// Label of these leases, and its value.
const ACT: (&str, &str) = ("replank.dev/act", "drain");
/// Annotation with the names of the nodes, separated by commas.
const NODES: &str = "replank.dev/nodes";
/// Attempts to find or create a lease that nobody else takes at the same time.
const TRIES: usize = 5;

/// A drain by hand whose lease is renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandDrain {
    /// Who runs it.
    pub by: String,
    /// When it began.
    pub since: Timestamp,
    /// Nodes that it drains.
    pub nodes: BTreeSet<NodeName>,
}

/// Somebody else acts on a node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Taken {
    /// Another drain by hand.
    #[error(
        "node {node} is being drained by {by} since {since}; wait until that drain ends, or leave the node out"
    )]
    ByDrain {
        /// Name of the node.
        node: NodeName,
        /// Who runs that drain.
        by: String,
        /// When it began.
        since: Timestamp,
    },
    /// An update or deletion of the node's group.
    #[error(
        "node {node} belongs to node group {group}, and {holder} acts on that group: it updates or deletes it, and said \
         so {seconds} s ago. Wait until it is done, cancel it (`replank cancel`), or leave the node out; one that was \
         killed is forgotten {} s after its last word",
        lease::DURATION.as_secs()
    )]
    ByGroup {
        /// Name of the node.
        node: NodeName,
        /// Name of its node group.
        group: String,
        /// Holder of the group's lease.
        holder: String,
        /// Seconds since the lease was renewed.
        seconds: i64,
    },
}

/// A Lease of a drain by hand.
#[derive(Debug, Deserialize)]
struct Note {
    metadata: NoteMeta,
    #[serde(default)]
    spec: lease::WireSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NoteMeta {
    name: String,
    resource_version: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Note {
    /// The drain, if its lease is renewed.
    fn drain(self) -> Option<HandDrain> {
        let Held { holder, since, .. } = self.spec.held(None)?;
        let nodes = self.metadata.annotations.get(NODES).map_or("", String::as_str);
        let nodes = nodes.split(',').filter(|name| !name.is_empty()).map(NodeName::from).collect();
        Some(HandDrain { by: holder, since, nodes })
    }
}

/// The drains by hand that are running. The error is a message for people.
pub async fn drains(client: &Client) -> Result<Vec<HandDrain>, String> {
    let notes = notes(client).await.map_err(|error| failure::of(&error))?;
    Ok(notes.into_iter().filter_map(Note::drain).collect())
}

async fn notes(client: &Client) -> Result<Vec<Note>, kube::Error> {
    let selector = request::escaped(&format!("{}={}", ACT.0, ACT.1));
    // No resource version: as fresh as the server's store.
    let asked = request::get(&format!("{}?labelSelector={selector}", lease::all()));
    let found = request::send::<WireList<Note>>(client, asked).await?;
    Ok(found.items.into_iter().flatten().collect())
}

/// Acquires a lease for a drain of these nodes. Ended leases are reused, so that there are never more than drains at
/// once.
pub async fn note(client: &Client, by: &str, nodes: &BTreeSet<NodeName>) -> Result<Lease, LeaseError> {
    let failed =
        |error: &kube::Error| LeaseError::Failed { name: "of a drain".to_owned(), why: failure::of(error) };
    let mut said = String::new();
    for _ in 0..TRIES {
        let known = notes(client).await.map_err(|error| failed(&error))?;
        let free = known.iter().find(|note| note.spec.held(None).is_none());
        let written = match free {
            Some(note) => {
                let name = &note.metadata.name;
                let body = body(name, by, nodes, Some(&note.metadata.resource_version));
                let path = format!("{}/{name}", lease::all());
                request::send::<Wire>(client, request::put(&path, &body)).await
            }
            None => {
                // Groups have no dot in their names (EKS), so no group's lease is called so.
                let taken: BTreeSet<&str> = known.iter().map(|note| &*note.metadata.name).collect();
                let names = (1_u64..).map(|number| format!("replank.drain-{number}"));
                let name = names.into_iter().find(|name| !taken.contains(&**name)).unwrap_or_default();
                request::send::<Wire>(client, request::post(&lease::all(), &body(&name, by, nodes, None)))
                    .await
            }
        };
        match written {
            Ok(lease) => return Ok(Lease::written(client, by, lease)),
            Err(error) if failure::status(&error).is_some_and(|it| it.code == 409) => {
                said = failure::of(&error);
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(LeaseError::Failed { name: "of a drain".to_owned(), why: said })
}

/// Whether somebody else acts on these nodes, each given with its group. `by` is the caller, whose lease exists
/// already.
pub async fn taken(
    client: &Client,
    by: &str,
    nodes: &[(NodeName, Option<String>)],
) -> Result<Option<Taken>, LeaseError> {
    let failed = |why: String| LeaseError::Failed { name: "of a drain".to_owned(), why };
    for drain in drains(client).await.map_err(failed)?.into_iter().filter(|drain| drain.by != by) {
        if let Some((node, _)) = nodes.iter().find(|(node, _)| drain.nodes.contains(node)) {
            return Ok(Some(Taken::ByDrain { node: node.clone(), by: drain.by, since: drain.since }));
        }
    }
    let mut looked = BTreeSet::new();
    for (node, group) in nodes {
        let Some(group) = group.as_ref().filter(|group| looked.insert((*group).clone())) else { continue };
        if let Some(Held { holder, seconds, .. }) = lease::of_group(client, group).await? {
            return Ok(Some(Taken::ByGroup { node: node.clone(), group: group.clone(), holder, seconds }));
        }
    }
    Ok(None)
}

fn body(name: &str, by: &str, nodes: &BTreeSet<NodeName>, version: Option<&str>) -> Value {
    let mut body = lease::body(name, by, version, 0);
    let listed: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
    body["metadata"]["labels"] = json!({ ACT.0: ACT.1 });
    body["metadata"]["annotations"] = json!({ NODES: listed.join(",") });
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(seconds_ago: i64, holder: &Value) -> Note {
        let at = Timestamp::now() - jiff::SignedDuration::from_secs(seconds_ago);
        serde_json::from_value(json!({
            "metadata": {"name": "replank.drain-1", "resourceVersion": "7", "annotations": {NODES: "a,b"}},
            "spec": {
                "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": at.to_string(),
                "acquireTime": "2026-11-29T10:00:00.000000Z",
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_note_counts_while_its_writer_is_alive() {
        let drain = note(3, &json!("process 1 on a")).drain().unwrap();
        assert_eq!((&*drain.by, drain.nodes.len()), ("process 1 on a", 2));
        assert_eq!(drain.since.to_string(), "2026-11-29T10:00:00Z");
        assert_eq!(note(16, &json!("process 1 on a")).drain(), None, "killed");
        assert_eq!(note(3, &Value::Null).drain(), None, "ended");
    }

    #[test]
    fn a_note_is_found_by_its_label_and_is_no_groups_lease() {
        let nodes = BTreeSet::from(["a".into(), "b".into()]);
        let body = body("replank.drain-1", "process 1 on a", &nodes, Some("7"));
        assert_eq!(body["metadata"]["annotations"][NODES], "a,b");
        assert_eq!(body["metadata"]["labels"][ACT.0], "drain");
        assert_eq!(body["metadata"]["resourceVersion"], "7");
        assert_eq!(body["spec"]["holderIdentity"], "process 1 on a");
    }
}
