//! Defaults that the API server sets in specs (Kubernetes: `zz_generated.defaults`). Idempotent.

use serde_json::{Map, Value, json};

/// Sets a member that is absent or null.
pub(super) fn set(object: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    if object.get(key).is_none_or(Value::is_null) {
        object.insert(key.to_owned(), value.into());
    }
}

/// The members of an object's member, created when absent.
pub(super) fn field<'a>(object: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    object.entry(key).or_insert_with(|| json!({})).as_object_mut()
}

/// The defaults of a pod's spec.
pub(super) fn pod_spec(spec: &mut Map<String, Value>) {
    drop_empty(spec);
    set(spec, "restartPolicy", "Always");
    set(spec, "terminationGracePeriodSeconds", 30);
    set(spec, "dnsPolicy", "ClusterFirst");
    set(spec, "schedulerName", "default-scheduler");
    set(spec, "securityContext", json!({}));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set(spec, "serviceAccount", account);
    }
    let host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for key in ["containers", "initContainers"] {
        for container in items(spec, key) {
            self::container(container, host);
        }
    }
    for volume in items(spec, "volumes") {
        self::volume(volume);
    }
    for constraint in items(spec, "topologySpreadConstraints") {
        set(constraint, "whenUnsatisfiable", "DoNotSchedule");
    }
}

/// Removes empty lists and maps that the API server leaves out.
pub(super) fn drop_empty(object: &mut Map<String, Value>) {
    let is_empty = |key: &str, value: &Value| match value {
        Value::Array(items) => items.is_empty() && key != "containers",
        Value::Object(fields) => {
            fields.is_empty() && matches!(key, "nodeSelector" | "labels" | "annotations")
        }
        _ => false,
    };
    object.retain(|key, value| !is_empty(key, value));
}

/// The objects in an array member.
pub(super) fn items<'a>(
    object: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
    items.filter_map(Value::as_object_mut)
}

fn container(container: &mut Map<String, Value>, host: bool) {
    drop_empty(container);
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    let latest = !image.contains('@') && tag.is_none_or(|tag| tag == "latest");
    set(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    set(container, "terminationMessagePath", "/dev/termination-log");
    set(container, "terminationMessagePolicy", "File");
    set(container, "resources", json!({}));
    if let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut)
        && let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned()
        && let Some(requests) = field(resources, "requests")
    {
        limits.into_iter().for_each(|(name, limit)| set(requests, &name, limit));
    }
    for port in items(container, "ports") {
        set(port, "protocol", "TCP");
        if host && let Some(number) = port.get("containerPort").cloned() {
            set(port, "hostPort", number);
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(key).and_then(Value::as_object_mut) {
            self::probe(probe);
        }
    }
    for variable in items(container, "env") {
        if let Some(from) = variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef"))
            && let Some(from) = from.as_object_mut()
        {
            set(from, "apiVersion", "v1");
        }
    }
}

fn probe(probe: &mut Map<String, Value>) {
    for (key, value) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        set(probe, key, value);
    }
    if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
        set(get, "path", "/");
        set(get, "scheme", "HTTP");
    }
    if let Some(grpc) = probe.get_mut("grpc").and_then(Value::as_object_mut) {
        set(grpc, "service", "");
    }
}

fn volume(volume: &mut Map<String, Value>) {
    const MODE: i64 = 0o644;
    if volume.len() <= 1 {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    for key in ["configMap", "secret", "projected", "downwardAPI"] {
        if let Some(source) = volume.get_mut(key).and_then(Value::as_object_mut) {
            set(source, "defaultMode", MODE);
        }
    }
    if let Some(path) = volume.get_mut("hostPath").and_then(Value::as_object_mut) {
        set(path, "type", "");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn defaults_are_those_of_the_server_and_set_once() {
        let mut spec = json!({
            "hostNetwork": true,
            "containers": [{
                "name": "a", "image": "registry:5000/a", "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "1"}}, "readinessProbe": {"httpGet": {"port": 80}},
            }],
            "volumes": [{"name": "v", "configMap": {"name": "c"}}, {"name": "w"}],
        });
        let mut once = spec.as_object_mut().unwrap().clone();
        super::pod_spec(&mut once);
        let mut twice = once.clone();
        super::pod_spec(&mut twice);
        assert_eq!(once, twice);
        let container = &once["containers"][0];
        for (path, wanted) in [
            ("/imagePullPolicy", json!("Always")),
            ("/ports/0", json!({"containerPort": 80, "protocol": "TCP", "hostPort": 80})),
            ("/resources/requests/cpu", json!("1")),
            ("/readinessProbe/httpGet", json!({"port": 80, "path": "/", "scheme": "HTTP"})),
            ("/readinessProbe/failureThreshold", json!(3)),
        ] {
            assert_eq!(container.pointer(path), Some(&wanted), "{path}");
        }
        assert_eq!(once["volumes"][0]["configMap"]["defaultMode"], 420);
        assert_eq!(once["volumes"][1]["emptyDir"], json!({}));
        assert_eq!(once["dnsPolicy"], "ClusterFirst");
    }
}
