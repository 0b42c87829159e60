//! Creating and removing clusters: the world first, then the record.

use crate::ports::Account;
use crate::records::{Change, Key, Kind};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::node_group::{changed, passed};
use crate::records::{
    self, Cluster, ClusterCreation, ClusterDeletion, ClusterStatus, PendingOperation,
    cluster_operation_key as key,
};
use crate::refusal::Refusal;
use crate::service::Service;

/// Time from the request to an active cluster (EKS user guide: several minutes).
const COMES_UP: SignedDuration = SignedDuration::from_mins(8);
/// Time from the request to the end of a cluster.
const GOES: SignedDuration = SignedDuration::from_mins(3);

/// One step of creating a cluster; it is active when [`COMES_UP`] has passed and the port has created it.
pub(super) async fn create<A: Account>(
    service: &Service<A>,
    mut made: ClusterCreation,
    now: Timestamp,
) -> Result<(), String> {
    let name = made.request.name.clone();
    let Some(begun_second) = made.begun_second else {
        made.begun_second = Some(now.as_second());
        return changed(service, |change| {
            change.put(key(&name), records::written(&PendingOperation::ClusterCreate(made)));
            Ok(())
        });
    };
    if passed(begun_second, now) < COMES_UP {
        return Ok(());
    }
    let refused = service.account.create_cluster(&made.request).await.err();
    changed(service, |change| {
        let mut cluster = cluster(change, &name)?;
        match &refused {
            None => cluster.status = ClusterStatus::Active,
            Some(said) => {
                cluster.status = ClusterStatus::Failed;
                let issue = json!({ "code": "Other", "message": said.to_string(), "resourceIds": [name] });
                cluster.rest.insert("health".into(), json!({ "issues": [issue] }));
            }
        }
        change.put(Key::new(Kind::Cluster, "", &name), records::written(&cluster));
        change.remove(key(&name));
        Ok(())
    })
}

/// One step of removing a cluster. Everything on record of it is removed with it.
pub(super) async fn delete<A: Account>(
    service: &Service<A>,
    mut gone: ClusterDeletion,
    now: Timestamp,
) -> Result<(), String> {
    let name = gone.cluster.clone();
    let Some(begun_second) = gone.begun_second else {
        gone.begun_second = Some(now.as_second());
        return changed(service, |change| {
            change.put(key(&name), records::written(&PendingOperation::ClusterDelete(gone)));
            Ok(())
        });
    };
    if passed(begun_second, now) < GOES {
        return Ok(());
    }
    service.account.remove_cluster(&name).await.map_err(|refused| refused.to_string())?;
    changed(service, |change| {
        let kinds = [
            Kind::Addon,
            Kind::AccessEntry,
            Kind::PodIdentity,
            Kind::Update,
            Kind::Insights,
            Kind::NodeGroup,
            Kind::FargateProfile,
            Kind::PendingOperation,
        ];
        for (key, _) in kinds.into_iter().flat_map(|kind| change.list(kind, &name)).collect::<Vec<_>>() {
            change.remove(key);
        }
        change.remove(Key::new(Kind::Cluster, "", &name));
        Ok(())
    })
}

fn cluster(change: &Change<'_>, name: &str) -> Result<Cluster, Refusal> {
    let document = change.get(&Key::new(Kind::Cluster, "", name)).ok_or_else(|| Refusal::no_cluster(name))?;
    records::read(&document)
}
