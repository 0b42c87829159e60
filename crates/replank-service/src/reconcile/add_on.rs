//! Updates of add-ons: their software follows what was asked for, then the record does.

use replank_core::version::Minor;
use serde_json::{Value, json};

use super::node_group::changed;
use super::update_end::over;
use crate::addon_version::{pending_key, tag};
use crate::ports::Account;
use crate::ports::clusters::{AddOnSoftware, Conflicts};
use crate::records::{self, AddOnMove, Change, Key, Kind, Trouble, UpdateStatus};
use crate::refusal::Refusal;
use crate::service::{Service, now, seconds};

/// The code of EKS for fields that somebody else set.
const CONFLICT: &str = "ConfigurationConflict";

/// Lets the software of an add-on follow, and ends its update.
pub(super) async fn run<A: Account>(service: &Service<A>, moving: &AddOnMove) -> Result<(), String> {
    let AddOnMove { cluster, add_on, .. } = moving;
    let minor = records::cluster(&service.records, cluster).ok().and_then(|it| Minor::parse(&it.version));
    let record = service.records.get(&Key::new(Kind::Addon, cluster, add_on));
    let mut found = Vec::new();
    // Of a cluster or an add-on that is gone, nothing is left to move.
    if let (Some(minor), Some(record)) = (minor, record) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let before = text(&record.document["configurationValues"]);
        let configuration = moving.members.get("configurationValues").map_or_else(|| before.clone(), text);
        let software = AddOnSoftware {
            add_on: add_on.clone(),
            tag: (!moving.version.is_empty()).then(|| tag(add_on, &moving.version, minor)),
            before,
            configuration,
            // What an older version began, it did not hold up for anything.
            conflicts: moving.update.as_ref().map_or(Conflicts::Preserve, |_| moving.conflicts),
        };
        found = service.account.apply_add_on(cluster, &software).await.map_err(|error| error.to_string())?;
    }
    let trouble = (moving.conflicts == Conflicts::Refuse && moving.update.is_some() && !found.is_empty())
        .then(|| trouble(add_on, &found));
    changed(service, |change| {
        change.remove(pending_key(cluster, add_on));
        end(change, moving, trouble.clone())
    })
}

/// In the words of EKS.
fn trouble(add_on: &str, found: &[String]) -> Trouble {
    let error_message = format!(
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts: {}",
        found.join(" ")
    );
    Trouble { error_code: CONFLICT.into(), error_message, resource_ids: vec![add_on.to_owned()] }
}

fn end(change: &mut Change<'_>, moving: &AddOnMove, trouble: Option<Trouble>) -> Result<(), Refusal> {
    let Some(update) = &moving.update else { return Ok(()) };
    let key = Key::new(Kind::Addon, &moving.cluster, &moving.add_on);
    if let Some(mut addon) = change.get(&key) {
        addon["status"] = if trouble.is_some() { "UPDATE_FAILED" } else { "ACTIVE" }.into();
        let issues = trouble
            .iter()
            .map(|trouble| json!({ "code": trouble.error_code, "message": trouble.error_message }));
        addon["health"] = json!({ "issues": issues.collect::<Vec<_>>() });
        if trouble.is_none() {
            for (member, value) in &moving.members {
                addon[member.as_str()] = value.clone();
            }
        }
        addon["modifiedAt"] = seconds(now()).into();
        change.put(key, addon);
    }
    let status = if trouble.is_some() { UpdateStatus::Failed } else { UpdateStatus::Successful };
    over(change, &moving.cluster, update, status, trouble.into_iter().collect())
}
