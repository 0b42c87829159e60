//! Removes the parts of objects that no rule reads, as they come in: they are most of the memory, and may be secret.

use replank_check::helm;
use serde_json::Value;

/// Prefixes of the names of `ConfigMap`s whose data is kept, since rules read it.
const LOOKED_INTO: [&str; 3] = ["coredns", "kube-proxy", "kubelet-config"];
/// Fields with the data of Secrets and `ConfigMap`s.
const DATA: [&str; 3] = ["data", "binaryData", "stringData"];
/// Paths to pod specs, in pods and in the workloads that create them.
const TEMPLATES: [&[&str]; 4] = [
    &["spec"],
    &["template", "spec"],
    &["spec", "template", "spec"],
    &["spec", "jobTemplate", "spec", "template", "spec"],
];
/// Fields of containers that no rule reads.
const OF_CONTAINERS: [&str; 9] = [
    "env",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "startupProbe",
    "volumeDevices",
    "volumeMounts",
];
/// Annotation of static (mirror) pods: a rule reads what their environments refer to.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Removes those parts from an object.
pub(super) fn take_off(object: &mut Value) {
    let is_looked_into = match object["kind"].as_str().unwrap_or_default() {
        "Secret" => helm::is_release(object),
        "ConfigMap" => {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            LOOKED_INTO.iter().any(|begin| name.starts_with(begin)) || helm::is_release(object)
        }
        _ => true,
    };
    if let Some(fields) = object.as_object_mut().filter(|_| !is_looked_into) {
        DATA.iter().for_each(|field| drop(fields.remove(*field)));
    }
    for entry in list_mut(object.pointer_mut("/metadata/managedFields")) {
        entry.as_object_mut().map(|entry| entry.remove("fieldsV1"));
    }
    if object["metadata"]["annotations"][MIRROR].is_string() {
        return;
    }
    for path in TEMPLATES {
        let mut spec = Some(&mut *object);
        for name in path {
            spec = spec.and_then(|value| value.as_object_mut()?.get_mut(*name));
        }
        let Some(spec) = spec else { continue };
        for kind in ["containers", "initContainers"] {
            for container in list_mut(spec.get_mut(kind)) {
                if let Some(fields) = container.as_object_mut() {
                    OF_CONTAINERS.iter().for_each(|field| drop(fields.remove(*field)));
                }
            }
        }
    }
}

fn list_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::take_off;

    #[test]
    fn what_is_looked_at_stays() {
        let container =
            json!({"name": "web", "image": "web:1", "env": [{"name": "KEY", "value": "x"}], "ports": []});
        let bare = json!({"name": "web", "image": "web:1"});
        let pod = |container| json!({"spec": {"containers": [container]}});
        let secret = |kind: &str| json!({"kind": "Secret", "type": kind, "data": {"release": "x"}});
        let map =
            |name: &str| json!({"kind": "ConfigMap", "metadata": {"name": name}, "data": {"Corefile": "."}});
        let mirror = json!({"kind": "Pod", "metadata": {"annotations": {super::MIRROR: "x"}}, "spec": {"containers": [container]}});
        for (mut object, wanted) in [
            (pod(container.clone()), pod(bare.clone())),
            (
                json!({"spec": {"template": pod(container.clone())}}),
                json!({"spec": {"template": pod(bare.clone())}}),
            ),
            (json!({"template": pod(container.clone())}), json!({"template": pod(bare.clone())})),
            (mirror.clone(), mirror),
            (secret("Opaque"), json!({"kind": "Secret", "type": "Opaque"})),
            (secret("helm.sh/release.v1"), secret("helm.sh/release.v1")),
            (map("coredns"), map("coredns")),
            (map("web"), json!({"kind": "ConfigMap", "metadata": {"name": "web"}})),
        ] {
            take_off(&mut object);
            assert_eq!(object, wanted);
        }
    }
}
