//! Clusters that are made and removed: a world begins or ends, and the record says so.

use jiff::{SignedDuration, Timestamp};
use replank_engine::estate::{Change, Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::json;

use super::members::{changed, passed};
use crate::app::App;
use crate::eks::Failure;
use crate::eks::record::{
    self, Cluster, ClusterCreateWish, ClusterDeleteWish, ClusterStatus, Wish, cluster_wish_key as key,
};

/// How long a control plane takes to come up (EKS user guide: several minutes).
const COMES_UP: SignedDuration = SignedDuration::from_mins(8);
/// How long it takes to go.
const GOES: SignedDuration = SignedDuration::from_mins(3);

/// One look at a cluster that is being made.
pub(super) async fn create<A: Account>(
    app: &App<A>,
    mut made: ClusterCreateWish,
    now: Timestamp,
) -> Result<(), String> {
    let name = made.wish.name.clone();
    let Some(begun_second) = made.begun_second else {
        made.begun_second = Some(now.as_second());
        return changed(app, |change| {
            change.put(key(&name), record::written(&Wish::ClusterCreate(made)));
            Ok(())
        });
    };
    if passed(begun_second, now) < COMES_UP {
        return Ok(());
    }
    let refused = app.account.create_cluster(&made.wish).await.err();
    changed(app, |change| {
        let mut cluster = cluster(change, &name)?;
        match &refused {
            None => cluster.status = ClusterStatus::Active,
            Some(said) => {
                cluster.status = ClusterStatus::Failed;
                let issue = json!({ "code": "Other", "message": said.to_string(), "resourceIds": [name] });
                cluster.rest.insert("health".into(), json!({ "issues": [issue] }));
            }
        }
        change.put(Key::new(Kind::Cluster, "", &name), record::written(&cluster));
        change.remove(key(&name));
        Ok(())
    })
}

/// One look at a cluster that is being removed. Everything on record of it goes with it.
pub(super) async fn delete<A: Account>(
    app: &App<A>,
    mut gone: ClusterDeleteWish,
    now: Timestamp,
) -> Result<(), String> {
    let name = gone.cluster.clone();
    let Some(begun_second) = gone.begun_second else {
        gone.begun_second = Some(now.as_second());
        return changed(app, |change| {
            change.put(key(&name), record::written(&Wish::ClusterDelete(gone)));
            Ok(())
        });
    };
    if passed(begun_second, now) < GOES {
        return Ok(());
    }
    app.account.remove_cluster(&name).await.map_err(|refused| refused.to_string())?;
    changed(app, |change| {
        let kinds = [
            Kind::Addon,
            Kind::AccessEntry,
            Kind::PodIdentity,
            Kind::Update,
            Kind::Insights,
            Kind::NodeGroup,
            Kind::FargateProfile,
            Kind::Wish,
        ];
        for (key, _) in kinds.into_iter().flat_map(|kind| change.list(kind, &name)).collect::<Vec<_>>() {
            change.remove(key);
        }
        change.remove(Key::new(Kind::Cluster, "", &name));
        Ok(())
    })
}

fn cluster(change: &Change<'_>, name: &str) -> Result<Cluster, Failure> {
    let document = change.get(&Key::new(Kind::Cluster, "", name)).ok_or_else(|| Failure::no_cluster(name))?;
    record::read(&document)
}
