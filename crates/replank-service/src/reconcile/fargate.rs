//! Fargate profiles: the world lets those decide that are on record.

use super::node_group::changed;
use crate::ports::Account;
use crate::ports::fargate::{FargateProfile, FargateSelector};
use crate::records::{self, FargateChange, Kind, fargate_operation_key};
use crate::refusal::Refusal;
use crate::service::Service;

/// Lets the world follow the record.
pub(super) async fn run<A: Account>(service: &Service<A>, change: &FargateChange) -> Result<(), String> {
    let cluster = &change.cluster;
    let listed = service.records.list(Kind::FargateProfile, cluster).into_iter();
    let profiles = listed.map(|(key, record)| {
        let selectors = records::read::<Vec<FargateSelector>>(&record.document["selectors"])?;
        Ok(FargateProfile { name: key.name, selectors })
    });
    let profiles: Result<Vec<FargateProfile>, Refusal> = profiles.collect();
    let profiles = profiles.map_err(|refusal| refusal.message)?;
    let set = service.account.set_fargate_profiles(cluster, &profiles).await;
    set.map_err(|error| error.to_string())?;
    changed(service, |change| {
        // What changed meanwhile is carried out in the next round.
        let listed = change.list(Kind::FargateProfile, cluster).into_iter();
        if listed.map(|(key, _)| key.name).eq(profiles.iter().map(|profile| profile.name.clone())) {
            change.remove(fargate_operation_key(cluster));
        }
        Ok(())
    })
}
