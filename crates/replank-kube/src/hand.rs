//! Drains that a person runs, so that updates and other drains know of them: each is noted in a Lease, with its nodes.
//!
//! Whoever begins to act notes himself first and looks at the others afterwards: a drain writes its note and then looks
//! at the leases of the groups, an update takes the lease of its group and then looks at the notes. So of two who begin
//! at once at least one sees the other. A note that is not renewed is nobody's, as with the lease of a group.

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

/// The label of notes, and what it says.
const ACT: (&str, &str) = ("replank.dev/act", "drain");
/// The annotation with the nodes, with commas between them.
const NODES: &str = "replank.dev/nodes";
/// How often a note is looked for that nobody else takes meanwhile.
const TRIES: usize = 5;

/// A drain that a person runs, and is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandDrain {
    /// Whose.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// The nodes it empties.
    pub nodes: BTreeSet<NodeName>,
}

/// Somebody else acts on a node already.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Taken {
    /// Another drain.
    #[error(
        "node {node} is being drained by {by} since {since}; wait until that drain ends, or leave the node out"
    )]
    ByDrain {
        /// The node.
        node: NodeName,
        /// Whose drain.
        by: String,
        /// Since when.
        since: Timestamp,
    },
    /// An update of its group, or whatever else is done to the group.
    #[error(
        "node {node} belongs to node group {group}, and {holder} acts on that group: it updates or deletes it, and said \
         so {seconds} s ago. Wait until it is done, cancel it (`replank cancel`), or leave the node out; one that was \
         killed is forgotten {} s after its last word",
        lease::DURATION.as_secs()
    )]
    ByGroup {
        /// The node.
        node: NodeName,
        /// Its group.
        group: String,
        /// Who acts on it.
        holder: String,
        /// How long ago that was said.
        seconds: i64,
    },
}

/// A note in the cluster.
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
    /// The drain, if whoever wrote it is alive.
    fn drain(self) -> Option<HandDrain> {
        let Held { holder, since, .. } = self.spec.held(None)?;
        let nodes = self.metadata.annotations.get(NODES).map_or("", String::as_str);
        let nodes = nodes.split(',').filter(|name| !name.is_empty()).map(NodeName::from).collect();
        Some(HandDrain { by: holder, since, nodes })
    }
}

/// The drains that people run now. The error is in words for people.
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

/// Notes a drain of these nodes. A note that is nobody's any more is used again, so that there are never more than there
/// were drains at once.
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

/// Whether anybody else acts on these nodes, each with its group; `by` is who asks, whose note is written already.
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
