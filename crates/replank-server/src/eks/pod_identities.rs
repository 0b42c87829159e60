//! Pod identity associations, kept on record.

use replank_engine::estate::{Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::{Exception, Failure, Input, page, record, stored, token};
use crate::app::{self, App};

/// Members that are kept as they are given.
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

/// `CreatePodIdentityAssociation`.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = input.text("clusterName");
    let letters: String = app::uuid().chars().filter(|c| *c != '-').take(17).collect();
    let id = format!("a-{letters}");
    let mut made = stored::document(input, &KEPT);
    let arn = app.identity.arn(&format!("podidentityassociation/{cluster}/{id}"));
    made.insert("associationArn".into(), arn.into());
    made.insert("associationId".into(), id.as_str().into());
    made.entry("tags").or_insert_with(|| json!({}));
    token::once(app, input, |change| {
        let same = |it: &Value| {
            ["namespace", "serviceAccount"].iter().all(|name| it[*name].as_str() == input.given(name))
        };
        let taken = change.list(Kind::PodIdentity, cluster).into_iter().any(|(_, it)| same(&it));
        let in_use = || {
            let said = "Association already exists for this namespace and service account.";
            Failure::new(Exception::ResourceInUse, said).cluster(cluster)
        };
        if taken {
            return Err(in_use());
        }
        stored::add(change, input, Kind::PodIdentity, &id, made.clone().into(), in_use)?;
        Ok(json!({ "association": made }))
    })
}

/// `DescribePodIdentityAssociation`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let found = stored::find(app, input, Kind::PodIdentity, id(input), || missing(input))?;
    Ok(json!({ "association": found }))
}

/// `ListPodIdentityAssociations`.
pub(super) fn list<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let mut found = app.estate.list(Kind::PodIdentity, &cluster.name);
    found.retain(|(_, it)| {
        ["namespace", "serviceAccount"]
            .iter()
            .all(|name| input.given(name).is_none_or(|wanted| it.document[*name] == wanted))
    });
    let (found, token) = page::page(found, |(key, _)| &key.name, input)?;
    let summaries = found.into_iter().map(|(_, it)| {
        let members = ["clusterName", "namespace", "serviceAccount", "associationArn", "associationId"];
        Value::Object(members.iter().map(|name| ((*name).to_owned(), it.document[*name].clone())).collect())
    });
    Ok(page::output("associations", summaries.collect(), token))
}

/// `UpdatePodIdentityAssociation`.
pub(super) fn update<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    token::once(app, input, |change| {
        let mut found = stored::find_in(change, input, Kind::PodIdentity, id(input), || missing(input))?;
        stored::lay_over(&mut found, input, &["roleArn", "disableSessionTags", "targetRoleArn", "policy"]);
        change.put(Key::new(Kind::PodIdentity, input.text("clusterName"), id(input)), found.clone());
        Ok(json!({ "association": found }))
    })
}

/// `DeletePodIdentityAssociation`.
pub(super) fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let gone = stored::remove(app, input, Kind::PodIdentity, id(input), || missing(input))?;
    Ok(json!({ "association": gone }))
}

fn id(input: &Input) -> &str {
    input.text("associationId")
}

fn missing(input: &Input) -> Failure {
    let said = format!("Unable to find pod identity association with id: {}", id(input));
    Failure::new(Exception::ResourceNotFound, said).cluster(input.text("clusterName"))
}
