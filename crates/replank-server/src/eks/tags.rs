//! `TagResource`, `UntagResource` and `ListTagsForResource`, for every resource on record.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Map, Value, json};

use super::{EksError, Exception, Input};
use crate::app::App;

/// Most tags of a resource (EKS: 50).
const TAGS_MAX: usize = 50;

/// `TagResource`.
pub(super) fn tag<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let given = input.value("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    check(&given)?;
    change(app, input.text("resourceArn"), |tags| {
        tags.extend(given);
        if tags.len() > TAGS_MAX {
            let said = format!("A resource can have at most {TAGS_MAX} tags.");
            return Err(EksError::new(Exception::BadRequest, said));
        }
        Ok(())
    })
}

/// `UntagResource`.
pub(super) fn untag<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    change(app, input.text("resourceArn"), |tags| {
        input.texts("tagKeys").into_iter().for_each(|key| drop(tags.remove(key)));
        Ok(())
    })
}

/// `ListTagsForResource`.
pub(super) fn list<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let arn = input.text("resourceArn");
    let key = key(app, arn)?;
    let record = app.service.records.get(&key).ok_or_else(|| missing(arn))?;
    let tags = record.document.get("tags").cloned().unwrap_or_else(|| json!({}));
    Ok(json!({ "tags": tags }))
}

/// Refuses tags with the reserved prefix `aws:`.
pub(super) fn check(tags: &Map<String, Value>) -> Result<(), EksError> {
    match tags.keys().find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        Some(key) => {
            let said = format!("Tag key {key} is invalid: the prefix aws: is reserved for AWS use.");
            Err(EksError::new(Exception::BadRequest, said))
        }
        None => Ok(()),
    }
}

/// The tags of a request that creates a resource, checked; invalid ones are an [`Exception::InvalidParameter`].
pub(super) fn beside(input: &Input) -> Result<Map<String, Value>, EksError> {
    let given = input.value("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    check(&given).map_err(|failure| EksError::invalid(failure.message))?;
    Ok(given)
}

/// Refuses the ARN of a resource that does not exist here.
pub(super) fn known<A: Account>(app: &App<A>, arn: &str) -> Result<(), EksError> {
    key(app, arn).map(drop)
}

fn change<A: Account>(
    app: &App<A>,
    arn: &str,
    edit: impl FnOnce(&mut Map<String, Value>) -> Result<(), EksError>,
) -> Result<Value, EksError> {
    let key = key(app, arn)?;
    let outcome = app.service.records.change(|change| {
        let mut document = change.get(&key).ok_or_else(|| missing(arn))?;
        let mut tags = match document.get("tags") {
            Some(Value::Object(tags)) => tags.clone(),
            _ => Map::new(),
        };
        edit(&mut tags)?;
        document["tags"] = tags.into();
        change.put(key, document);
        Ok::<_, EksError>(json!({}))
    });
    Ok(outcome?)
}

/// The key of the record that an ARN names.
fn key<A: Account>(app: &App<A>, arn: &str) -> Result<Key, EksError> {
    let wrong = || EksError::new(Exception::BadRequest, format!("The ARN is invalid: {arn}"));
    let here = app.service.identity.arn("");
    let resource = arn
        .strip_prefix(&here)
        .ok_or_else(|| if arn.starts_with("arn:aws:eks:") { missing(arn) } else { wrong() })?;
    let parts: Vec<&str> = resource.split('/').collect();
    let key = match parts[..] {
        ["cluster", name] => Key::new(Kind::Cluster, "", name),
        ["nodegroup", cluster, name, _] => Key::new(Kind::NodeGroup, cluster, name),
        ["addon", cluster, name, _] => Key::new(Kind::Addon, cluster, name),
        ["fargateprofile", cluster, name, _] => Key::new(Kind::FargateProfile, cluster, name),
        ["podidentityassociation", cluster, id] => Key::new(Kind::PodIdentity, cluster, id),
        ["access-entry", cluster, ..] => {
            let entries = app.service.records.list(Kind::AccessEntry, cluster);
            let found = entries.into_iter().find(|(_, it)| it.document["accessEntryArn"] == arn);
            found.ok_or_else(|| missing(arn))?.0
        }
        _ => return Err(wrong()),
    };
    let record = app.service.records.get(&key).ok_or_else(|| missing(arn))?;
    let is_same = match key.kind {
        Kind::NodeGroup => record.document["nodegroupArn"] == arn,
        Kind::Addon => record.document["addonArn"] == arn,
        Kind::FargateProfile => record.document["fargateProfileArn"] == arn,
        _ => true,
    };
    is_same.then_some(key).ok_or_else(|| missing(arn))
}

fn missing(arn: &str) -> EksError {
    EksError::new(Exception::NotFound, format!("No resource found for ARN: {arn}"))
}
