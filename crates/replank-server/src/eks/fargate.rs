//! Fargate profiles, kept on record.

use replank_engine::estate::Kind;
use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::{Exception, Failure, Input, stored, token};
use crate::app::{self, App};

/// Selectors of a profile, and label pairs of a selector (EKS: 5 each).
const FEW: usize = 5;

/// `CreateFargateProfile`.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let (cluster, name) = (input.text("clusterName"), input.text("fargateProfileName"));
    let about = |failure: Failure| failure.cluster(cluster).about("fargateProfileName", name);
    selectors(input).map_err(about)?;
    let members =
        ["fargateProfileName", "clusterName", "podExecutionRoleArn", "subnets", "selectors", "tags"];
    let mut made = stored::document(input, &members);
    made.remove("modifiedAt");
    let arn = app.identity.arn(&format!("fargateprofile/{cluster}/{name}/{}", app::uuid()));
    made.insert("fargateProfileArn".into(), arn.into());
    made.insert("status".into(), "ACTIVE".into());
    made.insert("health".into(), json!({ "issues": [] }));
    for (member, empty) in [("subnets", json!([])), ("tags", json!({}))] {
        made.entry(member).or_insert(empty);
    }
    token::once(app, input, |change| {
        let taken = || {
            let said = "A Fargate Profile already exists with this name in this cluster.";
            about(Failure::new(Exception::ResourceInUse, said))
        };
        stored::add(change, input, Kind::FargateProfile, name, made.clone().into(), taken)?;
        let mut shown = Value::Object(made);
        shown["status"] = "CREATING".into();
        Ok(json!({ "fargateProfile": shown }))
    })
}

/// `DescribeFargateProfile`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let name = input.text("fargateProfileName");
    let found = stored::find(app, input, Kind::FargateProfile, name, || missing(input))?;
    Ok(json!({ "fargateProfile": found }))
}

/// `DeleteFargateProfile`.
pub(super) fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let name = input.text("fargateProfileName");
    let mut gone = stored::remove(app, input, Kind::FargateProfile, name, || missing(input))?;
    gone["status"] = "DELETING".into();
    Ok(json!({ "fargateProfile": gone }))
}

fn selectors(input: &Input) -> Result<(), Failure> {
    let selectors = input.value("selectors").and_then(Value::as_array).cloned().unwrap_or_default();
    if selectors.is_empty() {
        return Err(Failure::invalid("Fargate Profile requires at least one selector."));
    }
    if selectors.len() > FEW {
        let said = format!("Request contains more than {FEW} Selectors");
        return Err(Failure::invalid(said));
    }
    for selector in &selectors {
        if selector["namespace"].as_str().is_none_or(str::is_empty) {
            let said = "Fargate Profile must have at least one selector with at least one namespace value.";
            return Err(Failure::invalid(said));
        }
        if selector["labels"].as_object().is_some_and(|labels| labels.len() > FEW) {
            let said = format!("Request contains Selector with more than {FEW} Label pairs");
            return Err(Failure::invalid(said));
        }
    }
    Ok(())
}

fn missing(input: &Input) -> Failure {
    let name = input.text("fargateProfileName");
    Failure::new(Exception::ResourceNotFound, format!("No Fargate Profile found with name: {name}."))
        .cluster(input.text("clusterName"))
        .about("fargateProfileName", name)
}
