//! Changing the settings of a node group: sizes, labels and taints go to the world, then the record follows.

use crate::ports::node_groups::Relabel;
use crate::ports::{Account, ActError};
use crate::records::{Key, Kind};
use replank_core::sizes::Sizes;

use super::update_end;
use crate::records::{self, NodegroupConfigUpdate, Taint, Trouble, UpdateStatus};
use crate::refusal::Refusal;
use crate::service::Service;

/// Carries the change out and records how it ended. An error means that nothing was recorded, and it is tried again.
pub(super) async fn run<A: Account>(
    service: &Service<A>,
    wanted: &NodegroupConfigUpdate,
) -> Result<(), String> {
    let acted = act(service, wanted).await;
    let outcome = service.records.change(|change| {
        let mut group = records::nodegroup_in(change, &wanted.cluster, &wanted.group)?;
        let (status, errors) = match &acted {
            Ok(()) => {
                wanted.apply(&mut group);
                (UpdateStatus::Successful, Vec::new())
            }
            Err(ActError(said)) => {
                let trouble = Trouble {
                    error_code: "Unknown".into(),
                    error_message: said.clone(),
                    resource_ids: vec![wanted.group.clone()],
                };
                (UpdateStatus::Failed, vec![trouble])
            }
        };
        update_end::at_rest(&mut group);
        records::put_nodegroup(change, &group);
        update_end::over(change, &wanted.cluster, &wanted.update, status, errors)?;
        change.remove(Key::new(Kind::PendingOperation, &wanted.cluster, &wanted.update));
        Ok::<(), Refusal>(())
    });
    outcome.map_err(|error| Refusal::from(error).message)
}

async fn act<A: Account>(service: &Service<A>, wanted: &NodegroupConfigUpdate) -> Result<(), ActError> {
    if let Some(to) = wanted.scaling {
        let to = Sizes { min: to.min_size, desired: to.desired_size, max: to.max_size };
        service.account.resize(&wanted.cluster, &wanted.group, to).await?;
    }
    let change = Relabel {
        labels: wanted.labels.clone(),
        set_taints: wanted.set_taints.iter().map(Taint::as_kubernetes).collect(),
        remove_taints: wanted
            .remove_taints
            .iter()
            .map(Taint::as_kubernetes)
            .map(|(key, _, effect)| (key, effect))
            .collect(),
    };
    if change == Relabel::default() {
        return Ok(());
    }
    service.account.relabel(&wanted.cluster, &wanted.group, &change).await
}
