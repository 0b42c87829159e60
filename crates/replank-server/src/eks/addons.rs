//! Add-ons of a cluster: what is on record. Their software follows a version in the world.

use replank_service::addon_version;
use replank_service::ports::Account;
use replank_service::records::{Change, Key, Kind};
use replank_stacks::template::read_yaml;
use serde_json::{Map, Value, json};

use super::{EksError, Exception, Input, addon_schema, iam, pod_identities, stored, tags, token};
use crate::app::App;
use replank_service::records::Param;

/// `CreateAddon`.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, name) = (input.text("clusterName"), input.text("addonName"));
    let about = |failure: EksError| failure.cluster(cluster).about("addonName", name);
    let members = [
        "addonName",
        "clusterName",
        "addonVersion",
        "serviceAccountRoleArn",
        "tags",
        "configurationValues",
        "namespaceConfig",
    ];
    let mut made = stored::document(input, &members);
    made.entry("tags").or_insert_with(|| json!({}));
    let arn = app.service.identity.arn(&format!("addon/{cluster}/{name}/{}", replank_service::uuid()));
    made.insert("addonArn".into(), arn.into());
    made.insert("status".into(), "ACTIVE".into());
    made.insert("health".into(), json!({ "issues": [] }));
    made.insert("publisher".into(), "eks".into());
    made.insert("owner".into(), "aws".into());
    check(input).map_err(about)?;
    tags::beside(input).map_err(about)?;
    token::once(app, input, |change| {
        let version = version(change, input).map_err(about)?;
        made.insert("addonVersion".into(), version.into());
        let taken = || about(EksError::new(Exception::ResourceInUse, "Addon already exists."));
        if let Some(Value::Array(wanted)) = input.value("podIdentityAssociations") {
            let addon = Value::Object(made.clone());
            let arns =
                pod_identities::of_addon(change, &app.service.identity, &addon, wanted).map_err(about)?;
            made.insert("podIdentityAssociations".into(), arns.into());
        }
        stored::add(change, input, Kind::Addon, name, made.clone().into(), taken)?;
        let mut shown = Value::Object(made);
        shown["status"] = "CREATING".into();
        Ok(json!({ "addon": shown }))
    })
}

/// `DescribeAddon`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let found = stored::find(app, input, Kind::Addon, input.text("addonName"), || missing(input))?;
    Ok(json!({ "addon": found }))
}

/// `DeleteAddon`.
pub(super) fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let name = input.text("addonName");
    let outcome = app.service.records.change(|change| {
        let addon = stored::find_in(change, input, Kind::Addon, name, || missing(input))?;
        // With `preserve` its software stays, and needs its rights.
        if !input.flag("preserve") {
            pod_identities::remove_of_addon(change, &addon);
        }
        change.remove(Key::new(Kind::Addon, input.text("clusterName"), name));
        Ok::<_, EksError>(addon)
    });
    let mut gone = outcome?;
    gone["status"] = "DELETING".into();
    Ok(json!({ "addon": gone }))
}

/// `UpdateAddon`.
pub(super) fn update<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, name) = (input.text("clusterName"), input.text("addonName"));
    let about = |failure: EksError| failure.cluster(cluster).about("addonName", name);
    check(input).map_err(about)?;
    let answer = token::once(app, input, |change| {
        let addon = stored::find_in(change, input, Kind::Addon, name, || missing(input))?;
        if input.given("addonVersion").is_some() {
            version(change, input).map_err(about)?;
        }
        let kept = ["addonVersion", "serviceAccountRoleArn", "configurationValues"];
        let given = kept.iter().filter_map(|name| Some(((*name).to_owned(), input.value(name)?.clone())));
        let members: Map<String, Value> = given.collect();
        let id = replank_service::uuid();
        let begun = addon_version::change_addon(change, cluster, name, members, params(input), &id)?;
        if let Some(Value::Array(wanted)) = input.value("podIdentityAssociations") {
            pod_identities::remove_of_addon(change, &addon);
            let arns =
                pod_identities::of_addon(change, &app.service.identity, &addon, wanted).map_err(about)?;
            // They are there at once, whatever becomes of the software.
            let key = Key::new(Kind::Addon, cluster, name);
            let mut addon = change.get(&key).ok_or_else(|| missing(input))?;
            addon["podIdentityAssociations"] = arns.into();
            change.put(key, addon);
        }
        Ok(json!({ "update": begun }))
    })?;
    app.service.wake();
    Ok(answer)
}

/// What an update of an add-on sets.
fn params(input: &Input) -> Vec<Param> {
    let params = [
        ("addonVersion", "AddonVersion"),
        ("serviceAccountRoleArn", "ServiceAccountRoleArn"),
        ("resolveConflicts", "ResolveConflicts"),
        ("configurationValues", "ConfigurationValues"),
    ];
    let params = params.iter().filter_map(|(member, kind)| {
        Some(Param { kind: (*kind).to_owned(), value: input.given(member)?.to_owned() })
    });
    let mut params: Vec<Param> = params.collect();
    if let Some(wanted) = input.value("podIdentityAssociations") {
        params.push(Param { kind: "PodIdentityAssociations".to_owned(), value: wanted.to_string() });
    }
    params
}

/// The version asked for, or the default one; it must exist for the cluster's minor.
fn version(change: &Change<'_>, input: &Input) -> Result<String, EksError> {
    let (cluster, name) = (input.text("clusterName"), input.text("addonName"));
    Ok(addon_version::version(change, cluster, name, input.given("addonVersion"))?)
}

/// The checks that need no record.
fn check(input: &Input) -> Result<(), EksError> {
    if let Some(role) = input.given("serviceAccountRoleArn") {
        iam::role("serviceAccountRoleArn", role)?;
    }
    configuration(input)
}

/// Refuses `configurationValues` that are neither JSON nor YAML, or not what the add-on takes.
fn configuration(input: &Input) -> Result<(), EksError> {
    let Some(text) = input.given("configurationValues") else { return Ok(()) };
    let unreadable =
        |said: String| EksError::invalid(format!("ConfigurationValue is not in valid format: {said}"));
    let value: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?
    } else {
        read_yaml(text).map_err(unreadable)?
    };
    if value.is_null() {
        return Ok(());
    }
    match addon_schema::violations(input.text("addonName"), &value)[..] {
        [] => Ok(()),
        ref found => Err(EksError::invalid(format!(
            "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [{}]",
            found.join(", ")
        ))),
    }
}

fn missing(input: &Input) -> EksError {
    EksError::no_addon(input.text("clusterName"), input.text("addonName"))
}
