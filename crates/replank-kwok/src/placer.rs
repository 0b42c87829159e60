//! Where the pods of a node of a real cluster would be scheduled if it left: the cluster is read as for a snapshot, and
//! the scheduler of the embedded world answers on a copy.

use std::sync::Arc;
use std::time::Duration;

use replank_core::names::NodeName;
use replank_core::observed::Placement;
use replank_formats::snapshot::{self, LaidOver, Snapshot};
use replank_kube::{Connection, Placer};
use replank_rehearsal::adapter::placement;
use replank_rehearsal::session::Session;
use serde_json::{Value, json};

use crate::snapshot_read;

/// Time limit for reading the cluster; beyond it the answer is unknown.
const READ_WITHIN: Duration = Duration::from_secs(50);

/// Placer for the cluster behind the connection. `over` is the world file with what a cluster does not tell.
pub fn placer(connection: &Connection, over: Option<LaidOver>) -> Placer {
    let asked = Arc::new((connection.clone(), over));
    Arc::new(move |node| {
        let asked = asked.clone();
        Box::pin(async move {
            let (connection, over) = &*asked;
            answer(connection, over.as_ref(), &node).await.unwrap_or_else(Placement::CannotTell)
        })
    })
}

async fn answer(
    connection: &Connection,
    over: Option<&LaidOver>,
    node: &NodeName,
) -> Result<Placement, String> {
    let mut taken = snapshot_read::allowed(connection, READ_WITHIN).await?;
    group_unlabelled(&mut taken.snapshot, node);
    let wanted = snapshot::world_file(&taken.snapshot, over).map_err(|error| error.to_string())?;
    let (session, _) = Session::of_snapshot(&taken.snapshot, wanted).map_err(|error| error.to_string())?;
    let placement = placement(&mut session.world.lock(), node.as_str());
    Ok(placement)
}

/// Labels that put a node into a group, of EKS and of eksctl.
const GROUPS: [&str; 2] = ["eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name"];
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// Puts the nodes that no label puts into a group into one, if the node asked about is such a node: nodes of self-managed
/// groups have no such label, and a world has nodes in groups only. The scheduler asks for no group.
fn group_unlabelled(snapshot: &mut Snapshot, asked: &NodeName) {
    let is_unlabelled = |node: &Value| {
        let labels = &node["metadata"]["labels"];
        GROUPS.iter().all(|key| labels.get(key).is_none()) && labels.get(CONTROL_PLANE).is_none()
    };
    let nodes = || snapshot.of("Node").filter(|node| is_unlabelled(node));
    if !nodes().any(|node| node["metadata"]["name"] == asked.as_str()) {
        return;
    }
    for node in snapshot.objects.iter_mut().filter(|it| it["kind"] == "Node" && is_unlabelled(it)) {
        node["metadata"]["labels"][GROUPS[0]] = json!("self-managed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(asked: &str) -> Vec<Value> {
        let node =
            |name: &str, labels: Value| json!({"kind": "Node", "metadata": {"name": name, "labels": labels}});
        let objects = vec![
            node("own", json!({})),
            node("managed", json!({"eks.amazonaws.com/nodegroup": "workers"})),
            node("control", json!({CONTROL_PLANE: ""})),
            json!({"kind": "Pod", "metadata": {"name": "own"}}),
        ];
        let mut snapshot = Snapshot {
            taken_at: jiff::Timestamp::UNIX_EPOCH,
            server: String::new(),
            replank: String::new(),
            cluster: None,
            anonymized: false,
            objects,
        };
        group_unlabelled(&mut snapshot, &NodeName::new(asked));
        let group = |object: &Value| object["metadata"]["labels"]["eks.amazonaws.com/nodegroup"].clone();
        snapshot.objects.iter().map(group).collect()
    }

    #[test]
    fn a_node_that_no_label_puts_into_a_group_gets_one() {
        let none = Value::Null;
        assert_eq!(groups("own"), [json!("self-managed"), json!("workers"), none.clone(), none.clone()]);
        assert_eq!(groups("managed"), [none.clone(), json!("workers"), none.clone(), none]);
    }
}
