//! Resources by type: what they need, what replaces them, and the requests that make, change and delete them.

mod eks;
mod job_failure;
mod kept;
mod launch_template;
mod nodegroup;
mod property;
mod schema;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::made::Made;
use crate::port::Api;

pub use job_failure::JobFailure;
pub use property::changed;

/// What is done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Make it.
    Create,
    /// Change it.
    Update,
    /// Remove it.
    Delete,
}

/// One thing to do with one resource.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// What is done.
    pub act: Act,
    /// Name of the stack.
    pub stack: &'a str,
    /// Logical id of the resource.
    pub logical: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// Its physical id, if it has one.
    pub physical: Option<&'a str>,
    /// Its properties before.
    pub old: &'a Value,
    /// Its properties afterwards.
    pub new: &'a Value,
    /// Token of the request: the same request again has the same.
    pub token: String,
    /// Which request of an update it is.
    pub step: u32,
    /// Whether it takes back what was attempted, which may be a mix that no update may have.
    pub is_rollback: bool,
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// It goes on; look again.
    Going {
        /// Physical id, once there is one.
        physical: Option<String>,
        /// What to ask about.
        handle: Option<String>,
    },
    /// There was nothing to do in this step, but there is another.
    Next,
    /// No step is left, and nothing has to be waited for.
    Done(Box<Outcome>),
}

/// How a resource is afterwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Its physical id.
    pub physical: String,
    /// What functions see of it.
    pub made: Made,
}

/// How far a request is.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// Not ended.
    Going,
    /// Its step is done; there is another.
    Next,
    /// No step is left.
    Done(Box<Outcome>),
}

/// Whether resources of a type can be in a template here.
pub fn is_known(kind: &str) -> bool {
    kind == launch_template::KIND || schema::of(kind).is_some() || kept::is_kept(kind)
}

/// Types that act, and types that are kept and shown.
pub fn kinds() -> (Vec<&'static str>, Vec<&'static str>) {
    let acting = schema::ALL.iter().map(|it| it.kind).chain([launch_template::KIND]);
    (acting.collect(), kept::kinds().collect())
}

/// Whether a type does something here.
pub fn is_acting(kind: &str) -> bool {
    !kept::is_kept(kind)
}

/// What is wrong with properties before any request is made, in the words of CloudFormation's handlers.
pub fn wrong(kind: &str, properties: &Value) -> Option<String> {
    match schema::of(kind) {
        Some(schema) => schema.wrong(properties),
        None if kind == launch_template::KIND => launch_template::wrong(properties),
        None => None,
    }
}

/// Names of changed properties for which another resource has to take its place.
pub fn replacing(kind: &str, old: &Value, new: &Value) -> Vec<String> {
    let mut names = changed(old, new);
    match schema::of(kind) {
        Some(schema) => names.retain(|name| schema.fixed.contains(&name.as_str())),
        None if kind == launch_template::KIND => names.retain(|name| name == "LaunchTemplateName"),
        // What is only kept can be changed in every way.
        None => names.clear(),
    }
    names
}

/// The name that a user gave a resource, which another one cannot have at the same time.
pub fn own_name<'a>(kind: &str, properties: &'a Value) -> Option<&'a str> {
    let member = match schema::of(kind) {
        Some(schema) => schema.name,
        None if kind == launch_template::KIND => "LaunchTemplateName",
        None => return None,
    };
    properties[member].as_str()
}

/// Whether tags of the stack are given to resources of a type; as a map, or as a list.
fn takes_tags(kind: &str) -> Option<bool> {
    schema::of(kind).map(|schema| schema.has_tag_map)
}

/// Properties with the tags of the stack under those of the resource.
pub fn tagged(tags: &[(String, String)], kind: &str, mut properties: Value) -> Value {
    let Some(is_map) = takes_tags(kind).filter(|_| !tags.is_empty()) else { return properties };
    let own = properties["Tags"].take();
    let mut all: Map<String, Value> =
        tags.iter().map(|(name, it)| (name.clone(), it.as_str().into())).collect();
    match own {
        Value::Object(own) => all.extend(own),
        Value::Array(own) => {
            let pair = |it: &Value| Some((it["Key"].as_str()?.to_owned(), it["Value"].clone()));
            all.extend(own.iter().filter_map(pair));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    properties["Tags"] = if is_map {
        all.into()
    } else {
        all.into_iter().map(|(key, value)| serde_json::json!({ "Key": key, "Value": value })).collect()
    };
    properties
}

/// Makes the request of a job.
pub async fn begin<P: Api>(api: &P, job: &Job<'_>) -> Result<Begun, JobFailure> {
    match schema::of(job.kind) {
        Some(schema) if schema.kind == nodegroup::KIND && job.act == Act::Update => {
            nodegroup::update(api, job).await
        }
        Some(schema) => eks::begin(api, schema, job).await,
        None if job.kind == launch_template::KIND => launch_template::begin(api, job).await,
        None => Ok(kept::begin(api, job)),
    }
}

/// Looks how far the request of a job is.
pub async fn look<P: Api>(api: &P, job: &Job<'_>, handle: Option<&str>) -> Result<Look, JobFailure> {
    match schema::of(job.kind) {
        Some(schema) => eks::look(api, schema, job, handle).await,
        None => Ok(Look::Done(Box::default())),
    }
}
