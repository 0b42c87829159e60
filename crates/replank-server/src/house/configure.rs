//! Other settings for a node group: sizes, labels and taints reach the world, then the record says so.

use replank_core::sizes::Sizes;
use replank_engine::estate::{ChangeError, Key, Kind};
use replank_engine::ports::account::{Account, Refused, Relabel};

use super::settle;
use crate::app::App;
use crate::eks::Failure;
use crate::eks::record::{self, ConfigWish, Taint, Trouble, UpdateStatus};

/// Carries it out and writes down how it ended. An error is for the server's own log: it is tried again.
pub(super) async fn run<A: Account>(app: &App<A>, wish: &ConfigWish) -> Result<(), String> {
    let acted = act(app, wish).await;
    let outcome = app.estate.change(|change| {
        let mut group = record::nodegroup_in(change, &wish.cluster, &wish.group)?;
        let (status, errors) = match &acted {
            Ok(()) => {
                wish.apply(&mut group);
                (UpdateStatus::Successful, Vec::new())
            }
            Err(Refused(said)) => {
                let trouble = Trouble {
                    error_code: "Unknown".into(),
                    error_message: said.clone(),
                    resource_ids: vec![wish.group.clone()],
                };
                (UpdateStatus::Failed, vec![trouble])
            }
        };
        settle::at_rest(&mut group);
        record::put_nodegroup(change, &group);
        settle::over(change, &wish.cluster, &wish.update, status, errors)?;
        change.remove(Key::new(Kind::Wish, &wish.cluster, &wish.update));
        Ok::<(), Failure>(())
    });
    outcome.map_err(|error| match error {
        ChangeError::Refused(failure) => failure.message,
        ChangeError::Estate(error) => error.to_string(),
    })
}

async fn act<A: Account>(app: &App<A>, wish: &ConfigWish) -> Result<(), Refused> {
    if let Some(to) = wish.scaling {
        let to = Sizes { min: to.min_size, desired: to.desired_size, max: to.max_size };
        app.account.resize(&wish.cluster, &wish.group, to).await?;
    }
    let change = Relabel {
        labels: wish.labels.clone(),
        set_taints: wish.set_taints.iter().map(Taint::as_kubernetes).collect(),
        remove_taints: wish
            .remove_taints
            .iter()
            .map(Taint::as_kubernetes)
            .map(|(key, _, effect)| (key, effect))
            .collect(),
    };
    if change == Relabel::default() {
        return Ok(());
    }
    app.account.relabel(&wish.cluster, &wish.group, &change).await
}
