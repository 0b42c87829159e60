//! Updates of node groups: settings, then version, then tags, each as the requests of EKS that it takes.

use serde_json::{Map, Value, json};

use super::job_failure::JobFailure;
use super::property::{changed, member, text};
use super::{Begun, Job, eks, schema};
use crate::port::Api;

/// The type.
pub(super) const KIND: &str = "AWS::EKS::Nodegroup";
/// Properties of `UpdateNodegroupConfig`.
const SETTINGS: [&str; 6] =
    ["Labels", "NodeRepairConfig", "ScalingConfig", "Taints", "UpdateConfig", "WarmPoolConfig"];

/// Makes the next request of an update.
pub(super) async fn update<P: Api>(api: &P, job: &Job<'_>) -> Result<Begun, JobFailure> {
    let Some(schema) = schema::of(KIND) else { return Ok(Begun::Next) };
    let names = changed(job.old, job.new);
    if !job.is_rollback {
        combined(&names).map_err(|said| JobFailure::refused(said, &job.token))?;
    }
    let mut input = eks::named(schema, job);
    input["clientRequestToken"] = job.token.as_str().into();
    let operation = match job.step {
        0 => {
            let settings = settings(job, &names);
            if settings.is_empty() {
                return Ok(Begun::Next);
            }
            settings.into_iter().for_each(|(name, value)| input[name] = value);
            "UpdateNodegroupConfig"
        }
        1 => {
            let Some(version) = version(api, job, &names).await? else { return Ok(Begun::Next) };
            version.into_iter().for_each(|(name, value)| input[name] = value);
            "UpdateNodegroupVersion"
        }
        2 => return eks::tags(api, schema, job).await,
        _ => return Ok(Begun::Done(Box::new(eks::described(api, schema, job).await?))),
    };
    let answer =
        api.eks(operation, input).await.map_err(|why| JobFailure::declined(&why, &job.token, false))?;
    Ok(Begun::Going { physical: None, handle: answer["update"]["id"].as_str().map(str::to_owned) })
}

/// The handler refuses a new version together with anything else (aws/containers-roadmap#1258); `ForceUpdateEnabled` only
/// says how the update goes.
fn combined(names: &[String]) -> Result<(), &'static str> {
    let is_version = |name: &&String| ["Version", "ReleaseVersion"].contains(&name.as_str());
    let has_others =
        names.iter().any(|name| !is_version(&name) && name != "ForceUpdateEnabled" && name != "Tags");
    if names.iter().any(|name| is_version(&name)) && has_others {
        return Err("Version and ReleaseVersion updates cannot be combined with other updates");
    }
    Ok(())
}

/// Members of `UpdateNodegroupConfig` for what changed: labels and taints by what comes and what goes.
fn settings(job: &Job<'_>, names: &[String]) -> Map<String, Value> {
    let mut found = Map::new();
    for name in names.iter().filter(|name| SETTINGS.contains(&name.as_str())) {
        let (old, new) = (&job.old[name.as_str()], &job.new[name.as_str()]);
        let (member_name, value) = match name.as_str() {
            "Labels" => ("labels".to_owned(), labels(old, new)),
            "Taints" => ("taints".to_owned(), taints(old, new)),
            _ if new.is_null() => continue,
            _ => member(name, new),
        };
        found.insert(member_name, value);
    }
    found
}

fn labels(old: &Value, new: &Value) -> Value {
    let none = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&none), new.as_object().unwrap_or(&none));
    let gone: Vec<&String> = old.keys().filter(|name| !new.contains_key(*name)).collect();
    let set: Map<String, Value> = new
        .iter()
        .filter(|(name, value)| old.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), text(value).unwrap_or_default().into()))
        .collect();
    let mut labels = Map::new();
    if !set.is_empty() {
        labels.insert("addOrUpdateLabels".into(), set.into());
    }
    if !gone.is_empty() {
        labels.insert("removeLabels".into(), json!(gone));
    }
    labels.into()
}

fn taints(old: &Value, new: &Value) -> Value {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (old, new) = (all(old), all(new));
    let is_same = |one: &Value, other: &Value| one["Key"] == other["Key"] && one["Effect"] == other["Effect"];
    let shown = |taints: Vec<&Value>| -> Value { taints.into_iter().map(|it| member("", it).1).collect() };
    let gone: Vec<&Value> = old.iter().filter(|it| !new.iter().any(|other| is_same(it, other))).collect();
    let set: Vec<&Value> = new.iter().filter(|it| !old.contains(it)).collect();
    let mut taints = Map::new();
    if !set.is_empty() {
        taints.insert("addOrUpdateTaints".into(), shown(set));
    }
    if !gone.is_empty() {
        taints.insert("removeTaints".into(), shown(gone));
    }
    taints.into()
}

/// Members of `UpdateNodegroupVersion`, if the nodes are to be replaced.
async fn version<P: Api>(
    api: &P,
    job: &Job<'_>,
    names: &[String],
) -> Result<Option<Map<String, Value>>, JobFailure> {
    let is_new = |name: &str| names.iter().any(|it| it == name) && !job.new[name].is_null();
    if !["Version", "ReleaseVersion", "LaunchTemplate"].into_iter().any(is_new) {
        return Ok(None);
    }
    let mut input = Map::new();
    for name in ["Version", "ReleaseVersion"].into_iter().filter(|name| is_new(name)) {
        let (name, value) = member(name, &job.new[name]);
        input.insert(name, value);
    }
    // A release alone moves the minor with it, so that templates without `Version` (eksctl's) can be upgraded at all.
    if let (Some(release), None) = (input.get("releaseVersion").and_then(Value::as_str), input.get("version"))
        && let Some(minor) = minor_of(release)
    {
        input.insert("version".into(), minor.into());
    }
    if let Some(template) = template(api, job).await? {
        input.insert("launchTemplate".into(), template);
    }
    if text(&job.new["ForceUpdateEnabled"]).as_deref() == Some("true") {
        input.insert("force".into(), true.into());
    }
    Ok(Some(input))
}

/// The launch template of the request, if the group has one: EKS wants it named with every new version.
async fn template<P: Api>(api: &P, job: &Job<'_>) -> Result<Option<Value>, JobFailure> {
    let Some(given) = job.new["LaunchTemplate"].as_object() else { return Ok(None) };
    let mut template: Map<String, Value> = given.iter().map(|(name, it)| member(name, it)).collect();
    if template.contains_key("id") {
        template.remove("name");
    }
    if template.contains_key("version") {
        return Ok(Some(template.into()));
    }
    // Without a version the group keeps the one that it runs (EKS: the default version at its creation).
    let Some(schema) = schema::of(KIND) else { return Ok(None) };
    let found = api.eks("DescribeNodegroup", eks::named(schema, job)).await;
    let found = found.map_err(|why| JobFailure::declined(&why, &job.token, false))?;
    if let Some(version) = found["nodegroup"]["launchTemplate"]["version"].as_str() {
        template.insert("version".into(), version.into());
    }
    Ok(Some(template.into()))
}

/// The minor of a release such as `1.33.5-20261105`.
fn minor_of(release: &str) -> Option<String> {
    let mut parts = release.split(['.', '-']);
    let (major, minor) = (parts.next()?, parts.next()?);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(major) && is_number(minor)).then(|| format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_comes_alone() {
        let names = |given: &[&str]| given.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert!(combined(&names(&["ReleaseVersion", "ForceUpdateEnabled"])).is_ok());
        assert!(combined(&names(&["Labels", "LaunchTemplate", "ScalingConfig"])).is_ok());
        assert!(combined(&names(&["LaunchTemplate", "Version"])).is_err());
    }

    #[test]
    fn labels_and_taints_come_and_go() {
        let found = labels(&json!({"a": "1", "b": "2"}), &json!({"a": "1", "c": 3}));
        assert_eq!(found, json!({"addOrUpdateLabels": {"c": "3"}, "removeLabels": ["b"]}));
        let one = json!([{"Key": "k", "Value": "v", "Effect": "NO_SCHEDULE"}]);
        let wanted = json!([{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]);
        assert_eq!(taints(&one, &json!([])), json!({"removeTaints": wanted}));
        assert_eq!(taints(&json!([]), &one), json!({"addOrUpdateTaints": wanted}));
    }

    #[test]
    fn a_release_tells_its_minor() {
        assert_eq!(minor_of("1.33.5-20261105").as_deref(), Some("1.33"));
        assert_eq!(minor_of("ami-0123"), None);
    }
}
