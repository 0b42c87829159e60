//! A snapshot of a cluster that answers: read a list at a time, nothing else is asked of it.

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_kube::lists::{ListError, list, version};
use replank_kube::rights::{self, Right};
use replank_kube::{Access, Connection, connect};
use replank_sim::snapshot::{self, KINDS, Kind, Snapshot};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::cli;
use crate::printer::Printer;
use crate::settings::bad;

/// The role that lets a snapshot be taken.
const ROLE: &str = "replank-snapshot";
/// Codes that say that a kind is not served, or not shown to us.
const WITHOUT: [u16; 2] = [403, 404];

/// Takes a snapshot of the cluster that is meant.
pub(crate) fn take(flags: &cli::Reach) -> Result<Snapshot> {
    let runtime = Runtime::new().context("threads")?;
    let access = Access { kubeconfig: flags.kubeconfig.clone(), context: flags.context.clone() };
    let connection = runtime.block_on(connect::connect(&access)).map_err(|error| bad(error.to_string()))?;
    runtime.block_on(read(&connection, |_| true)).map_err(|error| bad(error.to_string()))
}

/// Reads the kinds that are wanted.
pub(super) async fn read(
    connection: &Connection,
    wanted: impl Fn(&Kind) -> bool,
) -> Result<Snapshot, ListError> {
    let server = version(&connection.client).await?;
    let taken_at = Timestamp::now();
    let mut objects = Vec::new();
    for kind in KINDS.iter().filter(|kind| wanted(kind)) {
        let read = list(&connection.client, &kind.path(), |item| objects.extend(trimmed(kind, item))).await;
        match read {
            Ok(()) => {}
            Err(error) if kind.optional && error.code.is_some_and(|code| WITHOUT.contains(&code)) => {
                Printer::complain(&format!("note: without {}: {error}", kind.resource));
            }
            Err(error) => return Err(error),
        }
    }
    let cluster = connection.cluster.clone().or_else(|| connection.context.clone());
    Ok(Snapshot {
        taken_at,
        server,
        replank: env!("CARGO_PKG_VERSION").to_owned(),
        cluster,
        anonymized: false,
        objects: snapshot::gather(objects).objects,
    })
}

/// Items of a list do not say what they are.
fn trimmed(kind: &Kind, mut item: Value) -> Option<Value> {
    item["kind"] = Value::from(kind.kind);
    item["apiVersion"] = Value::from(kind.api_version);
    snapshot::trim(&item)
}

/// The cluster as `replank snapshot` reads it, if this user may; the error names the rights that are lacking.
pub(super) async fn allowed(connection: &Connection) -> Result<Snapshot, String> {
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

/// The lists without which there is no snapshot.
fn needed() -> impl Iterator<Item = Right> {
    KINDS.iter().filter(|kind| !kind.optional).map(|kind| {
        let group = kind.api_version.split_once('/').map_or("", |(group, _)| group);
        Right::new("list", group, kind.resource)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
