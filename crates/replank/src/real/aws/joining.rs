//! What a group's instances are to join, told to the cloud's side so that it can say why one does not.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use replank_aws::{AwsCloud, Joins};
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::Observation;
use replank_engine::messages;

use super::super::connect::Reached;

/// Longest time after its launch that an instance is left alone: most are nodes within one and a half minutes.
const LATE: Duration = Duration::from_mins(2);
/// Where EKS has the roles of nodes that came before access entries.
const AWS_AUTH: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";

/// Has the cloud asked why instances do not join that take longer than usual, or a third of the join limit.
pub(crate) fn explain(cloud: &AwsCloud, reached: &Reached, cluster: &str, limit: SignedDuration) {
    reached.runtime.block_on(explained(cloud, reached, cluster, limit));
}

/// The same, for whoever is on the runtime already.
pub(crate) async fn explained(cloud: &AwsCloud, reached: &Reached, cluster: &str, limit: SignedDuration) {
    let asked = replank_kube::objects::get(&reached.connection.client, AWS_AUTH);
    let mapped = asked.await.ok().map(|map| {
        let map = map.unwrap_or_default();
        map["data"]["mapRoles"].as_str().unwrap_or_default().to_owned()
    });
    let after = Duration::try_from(limit).map_or(LATE, |limit| (limit / 3).min(LATE));
    cloud.explain_joins(Joins { cluster: cluster.to_owned(), mapped_roles: mapped, after });
}

/// Waits for instances that do not join, each with what keeps it.
pub(crate) fn waits(seen: &Observation) -> Vec<Wait> {
    let troubles =
        seen.not_joined.iter().flat_map(|(id, troubles)| troubles.iter().map(move |one| (id, one)));
    troubles
        .map(|(instance, trouble)| {
            let launched = seen.members.get(instance).and_then(|member| member.instance.as_ref());
            let on = On::NotJoining { instance: instance.clone(), trouble: trouble.clone() };
            let since = launched.map(|instance| instance.launched_at);
            Wait { node: None, on, since, again: None, until: None }
        })
        .collect()
}

/// The same in words, for the end of an update.
pub(crate) fn sentences(seen: &Observation) -> Vec<String> {
    let now = Timestamp::now();
    waits(seen).iter().map(|wait| messages::describe(wait, now)).collect()
}
