//! A snapshot of a cluster that answers: read a list at a time, nothing else is asked of it.

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_kube::lists::{ListError, list, version};
use replank_kube::{Access, Connection, connect};
use replank_sim::snapshot::{self, KINDS, Kind, Snapshot};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::cli;
use crate::printer::Printer;
use crate::settings::bad;

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
