//! Collects objects as `kubectl get -o json` prints them: lists are split, kinds and fields that a snapshot does
//! not hold are dropped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::trim::trim;

/// Fields with times that are never ahead of the cluster's clock. `deletionTimestamp` is not one: it is the end
/// of a grace period.
const MOMENTS: [&str; 19] = [
    "acquireTime",
    "completionTime",
    "creationTimestamp",
    "eventTime",
    "finishedAt",
    "firstTimestamp",
    "lastHeartbeatTime",
    "lastObservedTime",
    "lastProbeTime",
    "lastScheduleTime",
    "lastSuccessfulTime",
    "lastTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    "renewTime",
    "startTime",
    "startedAt",
    "time",
    "timeAdded",
];

/// The result of collecting documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// Objects of kinds that a snapshot holds, reduced to its fields.
    pub objects: Vec<Value>,
    /// How many objects of each other kind were left out.
    pub left_out: BTreeMap<String, usize>,
    /// `gitVersion` of the API server, if a document has it (`kubectl version -o json`).
    pub server: Option<String>,
    /// The newest time in any object: the objects are at least that recent.
    pub newest: Option<Timestamp>,
}

/// Collects the objects of documents. Of an object that comes twice the last is taken.
pub fn gather(documents: impl IntoIterator<Item = Value>) -> Gathered {
    let mut gathered = Gathered::default();
    let mut places: BTreeMap<[String; 3], usize> = BTreeMap::new();
    for document in documents {
        take(document, &mut gathered, &mut places);
    }
    gathered
}

fn take(mut document: Value, gathered: &mut Gathered, places: &mut BTreeMap<[String; 3], usize>) {
    if let Some(version) = document["serverVersion"]["gitVersion"].as_str() {
        gathered.server = Some(version.to_owned());
        return;
    }
    let kind = document["kind"].as_str().unwrap_or_default().to_owned();
    if let Some(Value::Array(items)) = document.get_mut("items").map(Value::take) {
        let (of, version) = (kind.strip_suffix("List").unwrap_or_default(), document["apiVersion"].clone());
        for mut item in items {
            // Items of a typed list do not repeat what they are.
            if let Some(fields) = item.as_object_mut().filter(|_| !of.is_empty())
                && fields.get("kind").is_none_or(Value::is_null)
            {
                fields.insert("kind".to_owned(), Value::from(of));
                fields.insert("apiVersion".to_owned(), version.clone());
            }
            take(item, gathered, places);
        }
        return;
    }
    gathered.newest = gathered.newest.max(newest(&document));
    let Some(object) = trim(&document) else {
        *gathered.left_out.entry(kind).or_default() += 1;
        return;
    };
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let place = [kind, text("namespace"), text("name")];
    match places.get(&place) {
        Some(at) => gathered.objects[*at] = object,
        None => {
            places.insert(place, gathered.objects.len());
            gathered.objects.push(object);
        }
    }
}

/// The newest time in an object.
fn newest(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Object(fields) => {
            let one = |(key, value): (&String, &Value)| match value {
                Value::String(text) if MOMENTS.contains(&key.as_str()) => text.parse().ok(),
                value => newest(value),
            };
            fields.iter().filter_map(one).max()
        }
        Value::Array(items) => items.iter().filter_map(newest).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::gather;

    #[test]
    fn objects_are_as_old_as_their_newest_moment() {
        let told = |objects: serde_json::Value| {
            gather([json!({"kind": "List", "items": objects})]).newest.map(|at| at.to_string())
        };
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p",
            "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "2027-01-01T00:00:00Z"}});
        assert_eq!(told(json!([pod])).as_deref(), Some("2026-01-01T00:00:00Z"));
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "n"},
            "spec": {"renewTime": "2026-01-01T00:00:07.123456Z"}});
        assert_eq!(told(json!([pod, lease])).as_deref(), Some("2026-01-01T00:00:07.123456Z"));
        assert_eq!(told(json!([{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n"}}])), None);
    }

    #[test]
    fn what_is_no_object_is_left_out() {
        let pod = json!({"metadata": {"name": "p"}});
        let gathered = gather([
            json!({"apiVersion": "v1", "kind": "PodList", "items": [1, pod, "x", null]}),
            json!(7),
            json!("PodList"),
            json!(null),
        ]);
        assert_eq!(gathered.objects.len(), 1);
        assert_eq!(gathered.objects[0]["kind"], "Pod");
    }
}
