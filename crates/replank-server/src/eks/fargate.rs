//! Fargate profiles: what is on record. The world lets them decide where new pods run.

use replank_service::ports::Account;
use replank_service::records::{
    self, Change, FargateChange, Key, Kind, PendingOperation, fargate_operation_key,
};
use serde_json::{Value, json};

use super::{EksError, Exception, Input, iam, name, stored, tags, token};
use crate::app::App;

/// Longest name of a profile (EKS user guide).
const NAME_MAX: usize = 100;
/// Most selectors of a profile, and most labels of a selector (EKS: 5 each).
const FEW: usize = 5;

/// `CreateFargateProfile`.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, name) = (input.text("clusterName"), input.text("fargateProfileName"));
    let about = |failure: EksError| failure.cluster(cluster).about("fargateProfileName", name);
    name::check("Fargate profile", name, NAME_MAX).map_err(about)?;
    iam::role("podExecutionRoleArn", input.text("podExecutionRoleArn")).map_err(about)?;
    selectors(input).map_err(about)?;
    tags::beside(input).map_err(about)?;
    let members =
        ["fargateProfileName", "clusterName", "podExecutionRoleArn", "subnets", "selectors", "tags"];
    let mut made = stored::document(input, &members);
    made.remove("modifiedAt");
    let arn =
        app.service.identity.arn(&format!("fargateprofile/{cluster}/{name}/{}", replank_service::uuid()));
    made.insert("fargateProfileArn".into(), arn.into());
    made.insert("status".into(), "ACTIVE".into());
    made.insert("health".into(), json!({ "issues": [] }));
    made.entry("tags").or_insert_with(|| json!({}));
    let answer = token::once(app, input, |change| {
        let known = change.get(&Key::new(Kind::Cluster, "", cluster));
        let known = known.ok_or_else(|| about(EksError::no_cluster(cluster)))?;
        made.insert("subnets".into(), subnets(input, &known).map_err(about)?.into());
        let most = app.quotas.fargate_profiles;
        if change.list(Kind::FargateProfile, cluster).len() >= most {
            let said = format!("You have reached the limit of {most} Fargate profiles for the cluster.");
            return Err(about(EksError::new(Exception::ResourceLimit, said)));
        }
        let taken = || {
            let said = "A Fargate Profile already exists with this name in this cluster.";
            about(EksError::new(Exception::ResourceInUse, said))
        };
        stored::add(change, input, Kind::FargateProfile, name, made.clone().into(), taken)?;
        follow(change, cluster);
        let mut shown = Value::Object(made);
        shown["status"] = "CREATING".into();
        Ok(json!({ "fargateProfile": shown }))
    })?;
    app.service.wake();
    Ok(answer)
}

/// Has the world follow what is on record.
fn follow(change: &mut Change<'_>, cluster: &str) {
    let changed = PendingOperation::FargateProfiles(FargateChange { cluster: cluster.to_owned() });
    change.put(fargate_operation_key(cluster), records::written(&changed));
}

/// `DescribeFargateProfile`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let name = input.text("fargateProfileName");
    let found = stored::find(app, input, Kind::FargateProfile, name, || missing(input))?;
    Ok(json!({ "fargateProfile": found }))
}

/// `DeleteFargateProfile`.
pub(super) fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let name = input.text("fargateProfileName");
    let outcome = app.service.records.change(|change| {
        let gone = stored::find_in(change, input, Kind::FargateProfile, name, || missing(input))?;
        let cluster = input.text("clusterName");
        change.remove(Key::new(Kind::FargateProfile, cluster, name));
        follow(change, cluster);
        Ok::<_, EksError>(gone)
    });
    let mut gone = outcome?;
    app.service.wake();
    gone["status"] = "DELETING".into();
    Ok(json!({ "fargateProfile": gone }))
}

/// Subnets of a profile; all of the cluster's when none are given.
fn subnets(input: &Input, cluster: &Value) -> Result<Vec<String>, EksError> {
    let own: Vec<String> = super::group_rules::read(&cluster["resourcesVpcConfig"]["subnetIds"])?;
    let given: Vec<String> = input.texts("subnets").into_iter().map(str::to_owned).collect();
    if let Some(unknown) = given.iter().find(|id| !own.contains(id)) {
        return Err(EksError::invalid(format!("The subnet ID '{unknown}' does not exist")));
    }
    Ok(if given.is_empty() { own } else { given })
}

fn selectors(input: &Input) -> Result<(), EksError> {
    let selectors = input.value("selectors").and_then(Value::as_array).cloned().unwrap_or_default();
    if selectors.is_empty() {
        return Err(EksError::invalid("Fargate Profile requires at least one selector."));
    }
    if selectors.len() > FEW {
        let said = format!("Request contains more than {FEW} Selectors");
        return Err(EksError::invalid(said));
    }
    for selector in &selectors {
        if selector["namespace"].as_str().is_none_or(str::is_empty) {
            let said = "Fargate Profile must have at least one selector with at least one namespace value.";
            return Err(EksError::invalid(said));
        }
        if selector["labels"].as_object().is_some_and(|labels| labels.len() > FEW) {
            let said = format!("Request contains Selector with more than {FEW} Label pairs");
            return Err(EksError::invalid(said));
        }
    }
    Ok(())
}

fn missing(input: &Input) -> EksError {
    EksError::no_profile(input.text("clusterName"), input.text("fargateProfileName"))
}
