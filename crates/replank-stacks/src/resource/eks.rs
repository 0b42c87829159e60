//! Resources of EKS by their operations: create, describe, delete, and the updates of all but node groups.

use serde_json::{Map, Value, json};

use super::job_failure::JobFailure;
use super::property::{member, small, text};
use super::schema::Schema;
use super::{Act, Begun, Job, Look, Outcome, kept};
use crate::made::Made;
use crate::port::{Api, Declined};

/// Makes the request of a job.
pub(super) async fn begin<P: Api>(api: &P, schema: &Schema, job: &Job<'_>) -> Result<Begun, JobFailure> {
    match job.act {
        Act::Create => create(api, schema, job).await,
        Act::Update => update(api, schema, job).await,
        Act::Delete => delete(api, schema, job).await,
    }
}

async fn create<P: Api>(api: &P, schema: &Schema, job: &Job<'_>) -> Result<Begun, JobFailure> {
    let mut input: Map<String, Value> =
        job.new.as_object().into_iter().flatten().map(|(name, it)| member(name, it)).collect();
    let name = name_of(schema, job);
    input.insert(small(schema.name), name.as_str().into());
    input.insert("clientRequestToken".into(), job.token.as_str().into());
    for apart in ["forceUpdateEnabled", "force", "preserveOnDelete", "accessPolicies"] {
        input.remove(apart);
    }
    let operation = format!("Create{}", schema.noun);
    let answer = api
        .eks(&operation, input.into())
        .await
        .map_err(|why| JobFailure::declined(&why, &job.token, true))?;
    let handle = answer[schema.answer]["associationId"].as_str().map(str::to_owned);
    let physical = match &handle {
        Some(id) => format!("{}|{id}", text(&job.new["ClusterName"]).unwrap_or_default()),
        None => physical(schema, job, &name),
    };
    Ok(Begun::Going { physical: Some(physical), handle })
}

async fn delete<P: Api>(api: &P, schema: &Schema, job: &Job<'_>) -> Result<Begun, JobFailure> {
    let mut input = named(schema, job);
    if schema.noun == "Addon" && text(&job.old["PreserveOnDelete"]).as_deref() == Some("true") {
        input["preserve"] = true.into();
    }
    match api.eks(&format!("Delete{}", schema.noun), input).await {
        Ok(_) => Ok(Begun::Going { physical: job.physical.map(str::to_owned), handle: None }),
        Err(why) if why.is_missing() => Ok(Begun::Done(Box::default())),
        Err(why) => Err(JobFailure::declined(&why, &job.token, false)),
    }
}

/// Updates other than those of node groups: version first, then the rest, then tags.
async fn update<P: Api>(api: &P, schema: &Schema, job: &Job<'_>) -> Result<Begun, JobFailure> {
    let changed = super::changed(job.old, job.new);
    let mut input = named(schema, job);
    input["clientRequestToken"] = job.token.as_str().into();
    let is_cluster = schema.noun == "Cluster";
    let operation = match job.step {
        0 if is_cluster && changed.iter().any(|it| it == "Version") => {
            input["version"] = text(&job.new["Version"]).unwrap_or_default().into();
            if text(&job.new["Force"]).as_deref() == Some("true") {
                input["force"] = true.into();
            }
            "UpdateClusterVersion".to_owned()
        }
        1 => {
            let others = changed.iter().filter(|it| {
                !["Version", "Tags", "Force", "AccessPolicies", "PreserveOnDelete"].contains(&it.as_str())
            });
            let others: Vec<&String> = others.collect();
            if others.is_empty() {
                return Ok(Begun::Next);
            }
            for name in others {
                let (name, value) = member(name, &job.new[name.as_str()]);
                input[name] = value;
            }
            if is_cluster { "UpdateClusterConfig".to_owned() } else { format!("Update{}", schema.noun) }
        }
        2 => return tags(api, schema, job).await,
        _ if job.step > 2 => return Ok(Begun::Done(Box::new(described(api, schema, job).await?))),
        _ => return Ok(Begun::Next),
    };
    let answer =
        api.eks(&operation, input).await.map_err(|why| JobFailure::declined(&why, &job.token, false))?;
    let handle = answer["update"]["id"].as_str().map(str::to_owned);
    Ok(Begun::Going { physical: None, handle })
}

/// Tags that differ, set and removed.
pub(super) async fn tags<P: Api>(api: &P, schema: &Schema, job: &Job<'_>) -> Result<Begun, JobFailure> {
    let of = |properties: &Value| match member("Tags", &properties["Tags"]).1 {
        Value::Object(tags) => tags,
        _ => Map::new(),
    };
    let (old, new) = (of(job.old), of(job.new));
    if old == new {
        return Ok(Begun::Next);
    }
    let declined = |why: Declined| JobFailure::declined(&why, &job.token, false);
    let found = described(api, schema, job).await?;
    let arn = found.made.attributes.get("Arn").cloned().unwrap_or_default();
    let gone: Vec<&String> = old.keys().filter(|name| !new.contains_key(*name)).collect();
    if !gone.is_empty() {
        api.eks("UntagResource", json!({ "resourceArn": arn, "tagKeys": gone })).await.map_err(declined)?;
    }
    if !new.is_empty() {
        api.eks("TagResource", json!({ "resourceArn": arn, "tags": new })).await.map_err(declined)?;
    }
    Ok(Begun::Next)
}

/// Looks how far a request is.
pub(super) async fn look<P: Api>(
    api: &P,
    schema: &Schema,
    job: &Job<'_>,
    handle: Option<&str>,
) -> Result<Look, JobFailure> {
    if let (Act::Update, Some(update)) = (job.act, handle) {
        return updated(api, schema, job, update).await;
    }
    let found = match api.eks(&format!("Describe{}", schema.noun), named(schema, job)).await {
        Err(why) if why.is_missing() && job.act == Act::Delete => return Ok(Look::Done(Box::default())),
        other => other.map_err(|why| JobFailure::declined(&why, &job.token, false))?,
    };
    let found = &found[schema.answer];
    match (job.act, found["status"].as_str().unwrap_or("ACTIVE")) {
        (Act::Delete, "DELETE_FAILED") | (Act::Create, "CREATE_FAILED" | "FAILED" | "DEGRADED") => {
            let members = [("code", "Code"), ("message", "Message"), ("resourceIds", "ResourceIds")];
            Err(JobFailure::of_issues("Issue", members, &found["health"]["issues"], &job.token))
        }
        (Act::Delete, _) | (_, "CREATING" | "UPDATING" | "PENDING") => Ok(Look::Going),
        (Act::Update, _) => Ok(Look::Next),
        (Act::Create, _) => Ok(Look::Done(Box::new(outcome(schema, job, found)))),
    }
}

/// How an update of EKS ended.
async fn updated<P: Api>(api: &P, schema: &Schema, job: &Job<'_>, update: &str) -> Result<Look, JobFailure> {
    let mut input = json!({ "name": cluster_of(schema, job), "updateId": update });
    match schema.noun {
        "Nodegroup" => input["nodegroupName"] = name_of(schema, job).into(),
        "Addon" => input["addonName"] = name_of(schema, job).into(),
        _ => {}
    }
    let found = api
        .eks("DescribeUpdate", input)
        .await
        .map_err(|why| JobFailure::declined(&why, &job.token, false))?;
    let found = &found["update"];
    match found["status"].as_str().unwrap_or_default() {
        "Successful" => Ok(Look::Next),
        "InProgress" => Ok(Look::Going),
        _ => {
            let members = [
                ("errorCode", "ErrorCode"),
                ("errorMessage", "ErrorMessage"),
                ("resourceIds", "ResourceIds"),
            ];
            Err(JobFailure::of_issues("ErrorDetail", members, &found["errors"], &job.token))
        }
    }
}

/// How a resource is now.
pub(super) async fn described<P: Api>(
    api: &P,
    schema: &Schema,
    job: &Job<'_>,
) -> Result<Outcome, JobFailure> {
    let found = api.eks(&format!("Describe{}", schema.noun), named(schema, job)).await;
    let found = found.map_err(|why| JobFailure::declined(&why, &job.token, false))?;
    Ok(outcome(schema, job, &found[schema.answer]))
}

fn outcome(schema: &Schema, job: &Job<'_>, found: &Value) -> Outcome {
    let name = name_of(schema, job);
    let physical = job.physical.map_or_else(|| physical(schema, job, &name), str::to_owned);
    let network = &found["resourcesVpcConfig"];
    let mut attributes = Map::new();
    for (attribute, value) in [
        ("Arn", &found[schema.arn]),
        ("AccessEntryArn", &found["accessEntryArn"]),
        ("AssociationArn", &found["associationArn"]),
        ("AssociationId", &found["associationId"]),
        ("ClusterName", &found["clusterName"]),
        ("NodegroupName", &found["nodegroupName"]),
        ("Endpoint", &found["endpoint"]),
        ("CertificateAuthorityData", &found["certificateAuthority"]["data"]),
        ("ClusterSecurityGroupId", &network["clusterSecurityGroupId"]),
        ("OpenIdConnectIssuerUrl", &found["identity"]["oidc"]["issuer"]),
    ] {
        if !value.is_null() {
            attributes.insert(attribute.to_owned(), value.clone());
        }
    }
    attributes.insert("Id".into(), physical.as_str().into());
    Outcome { made: Made { reference: physical.clone(), attributes }, physical }
}

/// The members that name a resource in requests.
pub(super) fn named(schema: &Schema, job: &Job<'_>) -> Value {
    let (cluster, name) = (cluster_of(schema, job), name_of(schema, job));
    match (schema.noun, job.physical.and_then(|it| it.split_once('|'))) {
        ("Cluster", _) => json!({ "name": name }),
        ("PodIdentityAssociation", Some((_, id))) => json!({ "clusterName": cluster, "associationId": id }),
        _ => json!({ "clusterName": cluster, small(schema.name): name }),
    }
}

fn cluster_of(schema: &Schema, job: &Job<'_>) -> String {
    if schema.noun == "Cluster" {
        return name_of(schema, job);
    }
    let own =
        job.physical.and_then(|it| it.split_once(schema.between)).map(|(cluster, _)| cluster.to_owned());
    own.or_else(|| text(&job.new["ClusterName"])).unwrap_or_default()
}

/// The name of a resource: that of its physical id, then its own, then one made up.
fn name_of(schema: &Schema, job: &Job<'_>) -> String {
    let of_physical = job.physical.map(|it| match schema.between {
        "" => it.to_owned(),
        between => it.split_once(between).map_or(it, |(_, name)| name).to_owned(),
    });
    let own = || text(&job.new[schema.name]);
    let made_up = || schema.may_be_nameless.then(|| kept::made_up(job));
    of_physical.or_else(own).or_else(made_up).unwrap_or_default()
}

fn physical(schema: &Schema, job: &Job<'_>, name: &str) -> String {
    match schema.between {
        "" => name.to_owned(),
        between => format!("{}{between}{name}", cluster_of(schema, job)),
    }
}
