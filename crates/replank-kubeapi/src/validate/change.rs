//! Immutable fields (Kubernetes: the `Validate…Update` functions).

use serde_json::{Map, Value, json};

use super::{Problem, template};
use crate::resource::Source;

const IMMUTABLE: &str = "field is immutable";

/// Fields of a `StatefulSet`'s spec that may change.
const STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// Immutable fields that a change would alter.
pub(super) fn problems(source: Source, kind: &str, before: &Value, after: &Value) -> Vec<Problem> {
    let (was, is) = (&before["spec"], &after["spec"]);
    match source {
        Source::Deployments | Source::ReplicaSets => {
            let mut problems = template::mismatch(is);
            problems.extend(kept(was, is, "selector"));
            // The world words the first of them alone.
            if problems.len() > 1 { problems } else { kept(was, is, "selector") }
        }
        Source::DaemonSets => {
            let mut problems = kept(was, is, "selector");
            if !problems.is_empty() {
                problems.extend(template::mismatch(is));
            }
            problems
        }
        Source::StatefulSets => stateful_set(was, is),
        Source::Jobs => {
            ["selector", "template", "completionMode"].iter().flat_map(|key| kept(was, is, key)).collect()
        }
        Source::Services => service(was, is),
        Source::Pods => template::pod(was, is),
        Source::Nodes => node(was, is),
        Source::Kept => of_kept(kind, before, after),
        _ => Vec::new(),
    }
}

fn kept(was: &Value, is: &Value, key: &str) -> Vec<Problem> {
    if was[key] == is[key] || was[key].is_null() || is[key].is_null() {
        return Vec::new();
    }
    vec![Problem::invalid(format!("spec.{key}"), &is[key], IMMUTABLE)]
}

fn stateful_set(was: &Value, is: &Value) -> Vec<Problem> {
    let rest = |spec: &Value| {
        let fields = spec.as_object().into_iter().flatten();
        let fields = fields.filter(|(key, value)| !STATEFUL_SET.contains(&key.as_str()) && !value.is_null());
        template::plain(&Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect()))
    };
    if rest(was) == rest(is) {
        return Vec::new();
    }
    let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
               'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
               'minReadySeconds' are forbidden";
    vec![Problem::forbidden("spec", why)]
}

fn service(was: &Value, is: &Value) -> Vec<Problem> {
    let address = |spec: &Value| spec["clusterIP"].as_str().filter(|ip| !ip.is_empty()).map(str::to_owned);
    match (address(was), address(is)) {
        (Some(was), Some(is_now)) if was != is_now && is["type"] != "ExternalName" => {
            let why = "may not change once set";
            vec![Problem::invalid("spec.clusterIPs[0]", &json!([is_now]), why)]
        }
        _ => Vec::new(),
    }
}

fn node(was: &Value, is: &Value) -> Vec<Problem> {
    let mut problems = template::taints(&is["taints"]);
    let text = |spec: &Value, key: &str| spec[key].as_str().unwrap_or_default().to_owned();
    let (before, after) = (text(was, "providerID"), text(is, "providerID"));
    if !before.is_empty() && before != after {
        let why = "node updates may not change providerID except from \"\" to valid";
        problems.push(Problem::forbidden("spec.providerID", why));
    }
    problems
}

fn of_kept(kind: &str, before: &Value, after: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    match kind {
        "ConfigMap" | "Secret" => {
            if kind == "Secret" && before["type"] != after["type"] && !after["type"].is_null() {
                problems.push(Problem::invalid("type", &after["type"], IMMUTABLE));
            }
            if before["immutable"] == true {
                let why = "field is immutable when `immutable` is set";
                let keys = ["immutable", "data", "binaryData"];
                let differs = |key: &&str| without_null(&before[*key]) != without_null(&after[*key]);
                problems.extend(keys.into_iter().filter(differs).map(|key| Problem::forbidden(key, why)));
            }
        }
        "RoleBinding" | "ClusterRoleBinding" if before["roleRef"] != after["roleRef"] => {
            problems.push(Problem::invalid("roleRef", &after["roleRef"], "cannot change roleRef"));
        }
        _ => {}
    }
    problems
}

/// The value, with null replaced by an empty map.
fn without_null(value: &Value) -> Value {
    if value.is_null() { Value::Object(Map::new()) } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::problems;
    use crate::resource::Source;

    #[test]
    fn what_may_not_change_is_named() {
        let of = |source, kind: &str, before, after| -> Vec<String> {
            let problems = problems(source, kind, &before, &after);
            problems.into_iter().map(|one| format!("{}: {}", one.field, one.message)).collect()
        };
        let set = |name: &str, replicas: u32| json!({"spec": {"serviceName": name, "replicas": replicas}});
        assert!(of(Source::StatefulSets, "", set("a", 1), set("a", 2)).is_empty());
        assert!(
            of(Source::StatefulSets, "", set("a", 1), set("b", 1))[0]
                .starts_with("spec: Forbidden: updates to")
        );
        let secret = |kind: &str| json!({"type": kind});
        assert_eq!(
            of(Source::Kept, "Secret", secret("a"), secret("b")),
            ["type: Invalid value: \"b\": field is immutable"]
        );
        let fixed = |value: &str| json!({"immutable": true, "data": {"a": value}});
        assert_eq!(
            of(Source::Kept, "ConfigMap", fixed("1"), fixed("2")),
            ["data: Forbidden: field is immutable when `immutable` is set"]
        );
        let service = |ip: &str| json!({"spec": {"clusterIP": ip}});
        assert!(of(Source::Services, "", service("10.0.0.1"), service("")).is_empty());
        assert_eq!(of(Source::Services, "", service("10.0.0.1"), service("10.0.0.2")).len(), 1);
        let pod = |image: &str, node: &str| json!({"spec": {"nodeName": node, "containers": [{"name": "c", "image": image}]}});
        assert!(of(Source::Pods, "", pod("a", "n"), pod("b", "n")).is_empty());
        assert!(
            of(Source::Pods, "", pod("a", "n"), pod("a", "m"))[0].starts_with("spec: Forbidden: pod updates")
        );
        let tainted = |key: &str| json!({"spec": {"taints": [{"key": key, "effect": "NoSchedule"}]}});
        assert!(of(Source::Nodes, "", tainted("a"), tainted("b")).is_empty());
        assert_eq!(of(Source::Nodes, "", tainted("a"), tainted("b c")).len(), 2);
    }
}
