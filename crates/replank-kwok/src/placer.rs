//! Where the pods of a node of a real cluster would be scheduled if it left: the cluster is read as for a snapshot, and
//! the scheduler of the embedded world answers on a copy.

use std::sync::Arc;
use std::time::Duration;

use replank_core::names::NodeName;
use replank_core::observed::Placement;
use replank_formats::snapshot::{self, LaidOver};
use replank_kube::{Connection, Placer};
use replank_rehearsal::adapter::placement;
use replank_rehearsal::session::Session;

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
    let taken = snapshot_read::allowed(connection, READ_WITHIN).await?;
    let wanted = snapshot::world_file(&taken.snapshot, over).map_err(|error| error.to_string())?;
    let (session, _) = Session::of_snapshot(&taken.snapshot, wanted).map_err(|error| error.to_string())?;
    let placement = placement(&mut session.world.lock(), node.as_str());
    Ok(placement)
}
