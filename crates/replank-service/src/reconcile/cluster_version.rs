//! Updates of control planes: they take their time, then the record says so.

use jiff::{SignedDuration, Timestamp};

use super::node_group::{changed, passed};
use super::update_end::over;
use crate::ports::Account;
use crate::records::{
    self, Cluster, ClusterStatus, ClusterVersionUpdate, Key, Kind, PendingOperation, UpdateStatus,
};
use crate::refusal::Refusal;
use crate::service::Service;

/// How long a control plane takes to move (EKS user guide: several minutes; reports say ten).
const TAKES: SignedDuration = SignedDuration::from_mins(8);

/// One look at a control plane that moves.
pub(super) async fn run<A: Account>(
    service: &Service<A>,
    mut moving: ClusterVersionUpdate,
    now: Timestamp,
) -> Result<(), String> {
    let key = Key::new(Kind::PendingOperation, &moving.cluster, &moving.update);
    let Some(begun_second) = moving.begun_second else {
        moving.begun_second = Some(now.as_second());
        return changed(service, |change| {
            change.put(key, records::written(&PendingOperation::ClusterVersion(moving)));
            Ok(())
        });
    };
    if passed(begun_second, now) < TAKES {
        return Ok(());
    }
    // Before the record says so: whoever reads the record may rely on it.
    let moved = service.account.move_control_plane(&moving.cluster, &moving.version).await;
    moved.map_err(|error| error.to_string())?;
    changed(service, |change| {
        let of_cluster = Key::new(Kind::Cluster, "", &moving.cluster);
        let document = change.get(&of_cluster).ok_or_else(|| Refusal::no_cluster(&moving.cluster))?;
        let cluster: Cluster = records::read(&document)?;
        let cluster = Cluster {
            version: moving.version.clone(),
            platform_version: moving.platform_version.clone(),
            status: ClusterStatus::Active,
            ..cluster
        };
        change.put(of_cluster, records::written(&cluster));
        over(change, &moving.cluster, &moving.update, UpdateStatus::Successful, Vec::new())?;
        change.remove(key);
        Ok(())
    })
}
