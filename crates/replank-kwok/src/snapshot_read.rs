//! Takes a snapshot of a real cluster, by one list after the other.

use replank_core::names::api_group;
use std::time::Duration;

use jiff::Timestamp;
use replank_formats::snapshot::{self, KINDS, Kind, Snapshot};
use replank_kube::Connection;
use replank_kube::lists::{ListError, list, version};
use replank_kube::rights::{self, Right};
use serde_json::Value;
use tokio::time::timeout;

/// Name of the role that permits it.
const ROLE: &str = "replank-snapshot";
/// HTTP status codes after which a kind is left out: forbidden, and not served.
const WITHOUT: [u16; 2] = [403, 404];

/// A snapshot, and what is missing in it.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Objects that were read.
    pub snapshot: Snapshot,
    /// Kinds that are missing, each with the reason: not served, or forbidden for this user.
    pub without: Vec<String>,
}

/// Reads the kinds that `wanted` selects.
pub async fn read(connection: &Connection, wanted: impl Fn(&Kind) -> bool) -> Result<Taken, ListError> {
    let server = version(&connection.client).await?;
    let taken_at = Timestamp::now();
    let (mut objects, mut without) = (Vec::new(), Vec::new());
    for kind in KINDS.iter().filter(|kind| wanted(kind)) {
        let read = list(&connection.client, &kind.path(), |item| objects.extend(trimmed(kind, item))).await;
        match read {
            Ok(()) => {}
            Err(error) if kind.optional && error.code.is_some_and(|code| WITHOUT.contains(&code)) => {
                without.push(format!("without {}: {error}", kind.resource));
            }
            Err(error) => return Err(error),
        }
    }
    let cluster = connection.cluster.clone().or_else(|| connection.context.clone());
    let snapshot = Snapshot {
        taken_at,
        server,
        replank: env!("CARGO_PKG_VERSION").to_owned(),
        cluster,
        anonymized: false,
        objects: snapshot::gather(objects).objects,
    };
    Ok(Taken { snapshot, without })
}

/// Adds the kind, which items of a list lack, and removes what snapshots leave out.
fn trimmed(kind: &Kind, mut item: Value) -> Option<Value> {
    let fields = item.as_object_mut()?;
    fields.insert("kind".to_owned(), Value::from(kind.kind));
    fields.insert("apiVersion".to_owned(), Value::from(kind.api_version));
    snapshot::trim(&item)
}

/// Takes a full snapshot, if this user may; the error names the missing permissions, or that it took longer than
/// `within`.
pub async fn allowed(connection: &Connection, within: Duration) -> Result<Taken, String> {
    let late = |_| format!("the cluster was not read in {} s", within.as_secs());
    timeout(within, permitted(connection)).await.map_err(late)?
}

async fn permitted(connection: &Connection) -> Result<Taken, String> {
    let missing = rights::missing(&connection.client, needed()).await;
    if !missing.is_empty() {
        let named = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(format!(
            "{} does not let this user {named}; the role {ROLE} does, one of those that `replank rbac` prints",
            connection.server
        ));
    }
    read(connection, |_| true).await.map_err(|error| error.to_string())
}

/// Permissions without which there is no snapshot.
fn needed() -> impl Iterator<Item = Right> {
    KINDS.iter().filter(|kind| !kind.optional).map(|kind| {
        let group = api_group(kind.api_version);
        Right::new("list", group, kind.resource)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_left_out() {
        let kind = KINDS.iter().find(|kind| kind.kind == "Pod").expect("pods are read");
        for item in [Value::Null, Value::from(1), Value::from("x"), Value::from(vec![1])] {
            assert_eq!(trimmed(kind, item), None);
        }
        let pod = trimmed(kind, serde_json::json!({"metadata": {"name": "p"}})).expect("an object");
        assert_eq!((&pod["kind"], &pod["apiVersion"]), (&Value::from("Pod"), &Value::from("v1")));
    }

    #[test]
    fn the_role_that_is_named_grants_every_list_of_a_snapshot() {
        let (_, role) = replank_kube::RBAC.split_once(ROLE).expect("the role is shipped");
        let role = role.split("\n---").next().unwrap_or_default();
        for kind in KINDS {
            assert!(role.contains(kind.resource), "{} is not in {ROLE}", kind.resource);
        }
        assert!(needed().count() > 10);
    }
}
