//! Pod identity associations; recorded only.

use replank_service::ports::Account;
use replank_service::records::{Change, Key, Kind};
use serde_json::{Map, Value, json};

use super::{EksError, Exception, Input, iam, page, stored, tags, token};
use crate::app::App;
use replank_service::{Identity, now, records, seconds};

/// Longest names of namespaces and service accounts (Kubernetes).
const NAMES_MAX: [(&str, usize); 2] = [("namespace", 63), ("serviceAccount", 253)];

/// Members that are recorded as given.
const KEPT: [&str; 8] = [
    "clusterName",
    "namespace",
    "serviceAccount",
    "roleArn",
    "tags",
    "disableSessionTags",
    "targetRoleArn",
    "policy",
];

/// Members in lists.
const SUMMED_UP: [&str; 6] =
    ["clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn"];

/// `CreatePodIdentityAssociation`.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = input.text("clusterName");
    let about = |failure: EksError| failure.cluster(cluster);
    for (member, most) in NAMES_MAX {
        check_name(member, input.text(member), most).map_err(about)?;
    }
    roles(input).map_err(about)?;
    tags::beside(input).map_err(about)?;
    let mut made = stored::document(input, &KEPT);
    made.entry("tags").or_insert_with(|| json!({}));
    if input.given("targetRoleArn").is_some() {
        made.insert("externalId".into(), replank_service::uuid().into());
    }
    let made = named(made, &app.service.identity, cluster);
    token::once(app, input, |change| {
        if let Some(taken) = taken(change, cluster, &made) {
            return Err(in_use(&taken).cluster(cluster));
        }
        let id = made["associationId"].as_str().unwrap_or_default();
        stored::add(change, input, Kind::PodIdentity, id, made.clone().into(), || in_use(&made))?;
        Ok(json!({ "association": made }))
    })
}

/// Adds an id and an ARN.
fn named(mut made: Map<String, Value>, identity: &Identity, cluster: &str) -> Map<String, Value> {
    let letters: String = replank_service::uuid().chars().filter(|c| *c != '-').take(17).collect();
    let id = format!("a-{letters}");
    made.insert(
        "associationArn".into(),
        identity.arn(&format!("podidentityassociation/{cluster}/{id}")).into(),
    );
    made.insert("associationId".into(), id.into());
    made
}

/// The existing association of the service account.
fn taken(change: &Change<'_>, cluster: &str, made: &Map<String, Value>) -> Option<Map<String, Value>> {
    let same = |it: &Value| ["namespace", "serviceAccount"].iter().all(|name| it[*name] == made[*name]);
    let all = change.list(Kind::PodIdentity, cluster).into_iter();
    all.map(|(_, it)| it).find(same).and_then(|it| it.as_object().cloned())
}

fn in_use(known: &Map<String, Value>) -> EksError {
    let text = |name: &str| known.get(name).and_then(Value::as_str).unwrap_or_default();
    let said = format!(
        "Association already exists: {} is that of service account {} in namespace {}",
        text("associationId"),
        text("serviceAccount"),
        text("namespace")
    );
    EksError::new(Exception::ResourceInUse, said)
}

/// Refuses a name that is not valid in Kubernetes (RFC 1123).
fn check_name(member: &str, name: &str, most: usize) -> Result<(), EksError> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (c == '.' && most > 63);
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.len() <= most && name.starts_with(edge) && name.ends_with(edge) && name.chars().all(good) {
        return Ok(());
    }
    let said = format!("{member} '{name}' is invalid: at most {most} lower case letters, digits and hyphens");
    Err(EksError::invalid(said))
}

fn roles(input: &Input) -> Result<(), EksError> {
    for member in ["roleArn", "targetRoleArn"] {
        if let Some(arn) = input.given(member) {
            iam::role(member, arn)?;
        }
    }
    Ok(())
}

/// Creates the associations that an add-on's `podIdentityAssociations` ask for; returns their ARNs.
pub(super) fn of_addon(
    change: &mut Change<'_>,
    identity: &Identity,
    addon: &Value,
    wanted: &[Value],
) -> Result<Vec<String>, EksError> {
    let text = |name: &str| addon[name].as_str().unwrap_or_default();
    let (cluster, owner) = (text("clusterName"), text("addonArn"));
    let namespace = addon["namespaceConfig"]["namespace"].as_str().unwrap_or("kube-system");
    let mut arns = Vec::new();
    for one in wanted {
        let (account, role) = (&one["serviceAccount"], &one["roleArn"]);
        check_name("serviceAccount", account.as_str().unwrap_or_default(), 253)?;
        iam::role("roleArn", role.as_str().unwrap_or_default())?;
        let at = seconds(now());
        let made = json!({
            "clusterName": cluster, "namespace": namespace, "serviceAccount": account, "roleArn": role,
            "tags": {}, "createdAt": at, "modifiedAt": at, "ownerArn": owner,
        });
        let Value::Object(made) = made else { continue };
        let made = named(made, identity, cluster);
        if let Some(taken) = taken(change, cluster, &made) {
            return Err(in_use(&taken));
        }
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        arns.push(text("associationArn"));
        change.put(Key::new(Kind::PodIdentity, cluster, &text("associationId")), made.into());
    }
    Ok(arns)
}

/// Removes the associations of an add-on.
pub(super) fn remove_of_addon(change: &mut Change<'_>, addon: &Value) {
    let cluster = addon["clusterName"].as_str().unwrap_or_default();
    for (key, it) in change.list(Kind::PodIdentity, cluster) {
        if it["ownerArn"] == addon["addonArn"] {
            change.remove(key);
        }
    }
}

/// `DescribePodIdentityAssociation`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let found = stored::find(app, input, Kind::PodIdentity, id(input), || missing(input))?;
    Ok(json!({ "association": found }))
}

/// `ListPodIdentityAssociations`.
pub(super) fn list<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let mut found = app.service.records.list(Kind::PodIdentity, &cluster.name);
    found.retain(|(_, it)| {
        ["namespace", "serviceAccount"]
            .iter()
            .all(|name| input.given(name).is_none_or(|wanted| it.document[*name] == wanted))
    });
    let (found, token) = page::page(found, |(key, _)| &key.name, input)?;
    let summaries = found.into_iter().map(|(_, it)| {
        let mut shown = it.document.as_object().cloned().unwrap_or_default();
        shown.retain(|name, _| SUMMED_UP.contains(&name.as_str()));
        Value::Object(shown)
    });
    Ok(page::output("associations", summaries.collect(), token))
}

/// `UpdatePodIdentityAssociation`.
pub(super) fn update<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    roles(input).map_err(|failure| failure.cluster(input.text("clusterName")))?;
    token::once(app, input, |change| {
        let mut found = stored::find_in(change, input, Kind::PodIdentity, id(input), || missing(input))?;
        if input.given("targetRoleArn").is_some() && found["externalId"].is_null() {
            found["externalId"] = replank_service::uuid().into();
        }
        stored::lay_over(&mut found, input, &["roleArn", "disableSessionTags", "targetRoleArn", "policy"]);
        change.put(Key::new(Kind::PodIdentity, input.text("clusterName"), id(input)), found.clone());
        Ok(json!({ "association": found }))
    })
}

/// `DeletePodIdentityAssociation`.
pub(super) fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let gone = stored::remove(app, input, Kind::PodIdentity, id(input), || missing(input))?;
    Ok(json!({ "association": gone }))
}

fn id(input: &Input) -> &str {
    input.text("associationId")
}

fn missing(input: &Input) -> EksError {
    EksError::no_association(input.text("clusterName"), id(input))
}
