//! Objects as `kubectl get -o json` prints them: lists come apart, what a snapshot does not hold is left out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::trim::trim;

/// What was found in some documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// Objects that a snapshot holds, with the fields that decide.
    pub objects: Vec<Value>,
    /// How many of which other kinds were left out.
    pub left_out: BTreeMap<String, usize>,
    /// `gitVersion` of a server, when a document tells it (`kubectl version -o json`).
    pub server: Option<String>,
}

/// Takes documents apart. What comes twice is taken once, as it came last.
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
    if let Value::Array(items) = document["items"].take() {
        let (of, version) = (kind.strip_suffix("List").unwrap_or_default(), document["apiVersion"].clone());
        for mut item in items {
            // Items of a typed list do not repeat what they are.
            if item["kind"].is_null() && !of.is_empty() {
                item["kind"] = Value::from(of);
                item["apiVersion"] = version.clone();
            }
            take(item, gathered, places);
        }
        return;
    }
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
