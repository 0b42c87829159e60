//! The update of a group on AWS, rehearsed: a snapshot of the cluster, and in it the group as the cloud tells of it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use jiff::SignedDuration;
use replank_aws::AwsCloud;
use replank_aws::node_groups::NodeGroup;
use replank_core::names::{ImageId, InstanceId};
use replank_core::node_group::project::Paces;
use replank_core::node_group::spec::Spec;
use replank_formats::snapshot::{self, Snapshot};
use replank_formats::worldfile::spec::{self, Size, WorldSpec};
use replank_formats::worldfile::{Delay, Length};
use replank_kwok::snapshot_read::{self, Taken};
use replank_kwok::{Rehearsed, rehearse};
use serde_json::{Value, json};

use super::super::connect::Reached;

/// Time limit for taking the snapshot.
const READ_WITHIN: Duration = Duration::from_mins(2);
/// Label that puts a node into a group of a world, and the one with its image.
const GROUP: &str = "eks.amazonaws.com/nodegroup";
const IMAGE: &str = "eks.amazonaws.com/nodegroup-image";
/// Other labels that do, or that keep a node out of all groups.
const OTHERS: [&str; 2] = ["alpha.eksctl.io/nodegroup-name", "node-role.kubernetes.io/control-plane"];
/// Group of the nodes that are in none: a world has nodes in groups only.
const NO_GROUP: &str = "other-nodes";

/// A group, with what is asked about it.
pub(super) struct Rehearsing<'a> {
    pub(super) reached: &'a Reached,
    pub(super) cloud: &'a AwsCloud,
    pub(super) found: &'a NodeGroup,
    pub(super) paces: Paces,
}

impl Rehearsing<'_> {
    /// Rehearses the update. The error is the reason why it cannot be rehearsed.
    pub(super) fn rehearsed(&self, spec: &Spec, least: SignedDuration) -> Result<Rehearsed, String> {
        let (taken, wanted) = self.stage(spec)?;
        rehearse(taken, wanted, spec, least)
    }

    /// The snapshot, with the world to make of it.
    pub(super) fn stage(&self, spec: &Spec) -> Result<(Taken, WorldSpec), String> {
        let target = &spec.target.content;
        if self.cloud.changes_more_than_the_image(target) == Some(true) {
            return Err(
                "new nodes would differ in more than their image, which no node of today shows".to_owned()
            );
        }
        let read = snapshot_read::allowed(&self.reached.connection, READ_WITHIN);
        let mut taken = self.reached.runtime.block_on(read)?;
        let nodes = group_nodes(&mut taken.snapshot, spec.group.as_str(), &self.cloud.images(target));
        let mut wanted = snapshot::world_file(&taken.snapshot, None).map_err(|error| error.to_string())?;
        let groups = &mut wanted.clusters[0].node_groups;
        match groups.iter_mut().find(|group| group.name == spec.group.as_str()) {
            Some(group) => self.as_on_aws(group, nodes),
            None => {
                return Err(format!("no node of the cluster is an instance of {}", self.found.group.name));
            }
        }
        Ok((taken, wanted))
    }

    /// Sizes, zones and times, which nodes do not tell.
    fn as_on_aws(&self, group: &mut spec::NodeGroup, nodes: u32) {
        let sizes = self.found.group.sizes;
        group.zones.clone_from(&self.found.group.zones);
        // An instance that is no node yet is none in the snapshot.
        group.size =
            Size { min: Some(sizes.min.min(nodes)), desired: nodes, max: Some(sizes.max.max(nodes)) };
        let fixed = |time: SignedDuration| Some(Delay::Fixed(Length(time)));
        (group.timings.launch, group.timings.boot) = (fixed(self.paces.launch), fixed(self.paces.join));
        // Measured up to Ready, so nothing is left of it.
        group.timings.join = fixed(SignedDuration::ZERO);
        group.timings.terminate = fixed(self.paces.terminate);
    }
}

/// Puts the nodes of these instances into the group, with their images, and those that are in none into another one. How
/// many are in the group.
fn group_nodes(snapshot: &mut Snapshot, group: &str, images: &BTreeMap<InstanceId, Option<ImageId>>) -> u32 {
    let mut count = 0;
    for node in snapshot.objects.iter_mut().filter(|object| object["kind"] == "Node") {
        let provider = node["spec"]["providerID"].as_str().unwrap_or_default();
        let own = images.get(&InstanceId::new(provider.rsplit('/').next().unwrap_or_default()));
        let labels = &mut node["metadata"]["labels"];
        let is_grouped = |labels: &Value| {
            labels.get(GROUP).is_some() || OTHERS.iter().any(|key| labels.get(key).is_some())
        };
        match own {
            Some(image) => {
                count += 1;
                labels[GROUP] = json!(group);
                if let Some(labels) = labels.as_object_mut() {
                    labels.remove(IMAGE);
                    labels.extend(image.as_ref().map(|image| (IMAGE.to_owned(), json!(image.as_str()))));
                }
            }
            None if !is_grouped(labels) => labels[GROUP] = json!(NO_GROUP),
            None => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_in_the_group_of_their_instances_with_the_image_that_these_run() {
        let node = |name: &str, provider: &str, labels: Value| json!({"kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {"providerID": provider}});
        let objects = vec![
            node("own", "aws:///us-west-2a/i-1", json!({})),
            node("old", "aws:///us-west-2a/i-2", json!({IMAGE: "ami-new"})),
            node("managed", "aws:///us-west-2a/i-3", json!({GROUP: "web"})),
            node("alone", "aws:///us-west-2a/i-4", json!({})),
        ];
        let mut snapshot = Snapshot {
            taken_at: jiff::Timestamp::UNIX_EPOCH,
            server: String::new(),
            replank: String::new(),
            cluster: None,
            anonymized: false,
            objects,
        };
        let images =
            [(InstanceId::new("i-1"), Some(ImageId::new("ami-new"))), (InstanceId::new("i-2"), None)];
        assert_eq!(group_nodes(&mut snapshot, "workers", &images.into()), 2);
        let told = |at: usize| {
            let labels = &snapshot.objects[at]["metadata"]["labels"];
            (labels[GROUP].clone(), labels[IMAGE].clone())
        };
        assert_eq!(told(0), (json!("workers"), json!("ami-new")));
        assert_eq!(told(1), (json!("workers"), Value::Null), "old for another reason than its image");
        assert_eq!(told(2), (json!("web"), Value::Null));
        assert_eq!(told(3), (json!(NO_GROUP), Value::Null));
    }
}
