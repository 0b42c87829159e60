//! Access entries and their policies; recorded only.

use replank_service::ports::Account;
use replank_service::records::{Change, Key, Kind};
use serde_json::{Value, json};

use super::access_types::{self, Type};
use super::{EksError, Exception, Input, iam, page, stored, tags, token};
use crate::app::App;
use replank_service::{now, seconds};

/// Access policies of AWS (EKS user guide: `access-policy-permissions`).
const POLICIES: [&str; 6] = [
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
];
/// Prefix of their ARNs.
const POLICY_ARN: &str = "arn:aws:eks::aws:cluster-access-policy/";
/// Member of the record with an entry's policies; not part of the entry in responses.
const ASSOCIATED: &str = "associated";

/// `CreateAccessEntry`.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, principal) = (input.text("clusterName"), input.text("principalArn"));
    let about = |failure: EksError| failure.cluster(cluster);
    let who = iam::principal(principal)
        .ok_or_else(|| about(EksError::invalid("The principalArn parameter format is not valid")))?;
    let kind = Type::of(input.given("type").unwrap_or("STANDARD")).map_err(about)?;
    kind.check(input, who).map_err(about)?;
    tags::beside(input).map_err(about)?;
    let mut entry =
        stored::document(input, &["clusterName", "principalArn", "kubernetesGroups", "tags", "username"]);
    let resource = format!(
        "access-entry/{cluster}/{}/{}/{}/{}",
        who.kind,
        who.account,
        who.name,
        replank_service::uuid()
    );
    entry.insert("accessEntryArn".into(), app.service.identity.arn(&resource).into());
    entry.insert("type".into(), kind.name.into());
    entry.entry("username").or_insert_with(|| kind.username(principal, who).into());
    entry.entry("kubernetesGroups").or_insert_with(|| json!(kind.groups));
    entry.entry("tags").or_insert_with(|| json!({}));
    token::once(app, input, |change| {
        authenticates(change, cluster)?;
        let taken = || {
            let said = "The specified access entry resource is already in use on this cluster.";
            EksError::new(Exception::ResourceInUse, said).cluster(cluster)
        };
        stored::add(change, input, Kind::AccessEntry, principal, entry.clone().into(), taken)?;
        Ok(json!({ "accessEntry": entry }))
    })
}

/// `DescribeAccessEntry`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    Ok(json!({ "accessEntry": shown(found(app, input)?) }))
}

/// `ListAccessEntries`.
pub(super) fn list<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let Some(policy) = input.given("associatedPolicyArn") else {
        return stored::names(app, input, Kind::AccessEntry, "accessEntries");
    };
    let entries = app.service.records.list(Kind::AccessEntry, input.text("clusterName")).into_iter();
    let with = entries.filter(|(_, it)| it.document[ASSOCIATED].get(policy).is_some());
    page::of_names("accessEntries", with.map(|(key, _)| key.name).collect(), input)
}

/// `UpdateAccessEntry`.
pub(super) fn update<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    token::once(app, input, |change| {
        let mut entry =
            stored::find_in(change, input, Kind::AccessEntry, principal(input), || missing(input))?;
        authenticates(change, input.text("clusterName"))?;
        let about = |failure: EksError| failure.cluster(input.text("clusterName"));
        Type::of(entry["type"].as_str().unwrap_or_default())
            .and_then(|kind| kind.names(input))
            .map_err(about)?;
        stored::lay_over(&mut entry, input, &["kubernetesGroups", "username"]);
        change.put(key(input), entry.clone());
        Ok(json!({ "accessEntry": shown(entry) }))
    })
}

/// `DeleteAccessEntry`.
pub(super) fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    stored::remove(app, input, Kind::AccessEntry, principal(input), || missing(input))?;
    Ok(json!({}))
}

/// `AssociateAccessPolicy`.
pub(super) fn associate<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let policy = input.text("policyArn");
    if !POLICIES.iter().any(|name| policy.strip_prefix(POLICY_ARN) == Some(name)) {
        let said = format!("The policyArn parameter format is not valid or is no policy: {policy}");
        return Err(EksError::invalid(said).cluster(input.text("clusterName")));
    }
    let about = |failure: EksError| failure.cluster(input.text("clusterName"));
    access_types::scope(input.value("accessScope").unwrap_or(&Value::Null)).map_err(about)?;
    let outcome = app.service.records.change(|change| {
        let mut entry =
            stored::find_in(change, input, Kind::AccessEntry, principal(input), || missing(input))?;
        authenticates(change, input.text("clusterName"))?;
        Type::of(entry["type"].as_str().unwrap_or_default()).and_then(Type::takes_policies).map_err(about)?;
        let at = seconds(now());
        let since = entry[ASSOCIATED][policy]["associatedAt"].as_f64().unwrap_or(at);
        let associated = json!({
            "policyArn": policy,
            "accessScope": input.value("accessScope"),
            "associatedAt": since,
            "modifiedAt": at,
        });
        entry[ASSOCIATED][policy] = associated.clone();
        change.put(key(input), entry);
        Ok::<_, EksError>(associated)
    });
    Ok(json!({
        "clusterName": input.text("clusterName"),
        "principalArn": principal(input),
        "associatedAccessPolicy": outcome?,
    }))
}

/// `DisassociateAccessPolicy`.
pub(super) fn disassociate<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let outcome = app.service.records.change(|change| {
        let mut entry =
            stored::find_in(change, input, Kind::AccessEntry, principal(input), || missing(input))?;
        let policies = entry[ASSOCIATED].as_object_mut();
        if policies.and_then(|policies| policies.remove(input.text("policyArn"))).is_none() {
            let said = format!("The specified policyArn could not be found: {}", input.text("policyArn"));
            return Err(EksError::new(Exception::ResourceNotFound, said).cluster(input.text("clusterName")));
        }
        change.put(key(input), entry);
        Ok(json!({}))
    });
    Ok(outcome?)
}

/// `ListAssociatedAccessPolicies`.
pub(super) fn list_associated<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let entry = found(app, input)?;
    let policies: Vec<(String, Value)> = match &entry[ASSOCIATED] {
        Value::Object(policies) => policies.clone().into_iter().collect(),
        _ => Vec::new(),
    };
    let (policies, token) = page::page(policies, |(arn, _)| arn, input)?;
    let policies: Vec<Value> = policies.into_iter().map(|(_, policy)| policy).collect();
    let mut output = page::output("associatedAccessPolicies", policies.into(), token);
    output["clusterName"] = input.text("clusterName").into();
    output["principalArn"] = principal(input).into();
    Ok(output)
}

/// `ListAccessPolicies`.
pub(super) fn list_policies(input: &Input) -> Result<Value, EksError> {
    let (names, token) = page::page(POLICIES.to_vec(), |name| name, input)?;
    let policies: Vec<Value> =
        names.into_iter().map(|name| json!({ "name": name, "arn": format!("{POLICY_ARN}{name}") })).collect();
    Ok(page::output("accessPolicies", policies.into(), token))
}

/// Refuses access entries for clusters with authentication mode `CONFIG_MAP`.
fn authenticates(change: &Change<'_>, cluster: &str) -> Result<(), EksError> {
    let known = change.get(&Key::new(Kind::Cluster, "", cluster));
    let known = known.ok_or_else(|| EksError::no_cluster(cluster))?;
    if known["accessConfig"]["authenticationMode"] != "CONFIG_MAP" {
        return Ok(());
    }
    let said = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this \
                operation.";
    Err(EksError::new(Exception::InvalidRequest, said).cluster(cluster))
}

fn principal(input: &Input) -> &str {
    input.text("principalArn")
}

fn key(input: &Input) -> Key {
    Key::new(Kind::AccessEntry, input.text("clusterName"), principal(input))
}

fn found<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    stored::find(app, input, Kind::AccessEntry, principal(input), || missing(input))
}

fn missing(input: &Input) -> EksError {
    EksError::no_entry(input.text("clusterName"), principal(input))
}

fn shown(mut entry: Value) -> Value {
    if let Some(entry) = entry.as_object_mut() {
        entry.remove(ASSOCIATED);
    }
    entry
}
