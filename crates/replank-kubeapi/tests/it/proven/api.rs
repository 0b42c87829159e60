//! Every verb of the API on every resource that discovery tells of, as raw requests.

use std::collections::BTreeMap;

use replank_formats::yaml::read_manifest;
use serde_json::{Value, json};

use super::hold;
use crate::bench::Bench;
use crate::wire::Client;

const SAMPLES: &str = include_str!("samples.yaml");
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

/// How often an object is replaced that somebody else writes, too.
const TRIES: usize = 20;

/// The verbs in the order in which they are tried.
const VERBS: [&str; 16] = [
    "dry run",
    "create",
    "get",
    "list",
    "watch",
    "table",
    "metadata",
    "update",
    "json patch",
    "merge patch",
    "strategic patch",
    "apply",
    "status",
    "scale",
    "delete",
    "delete collection",
];

const WORDS: &str = "`yes`: it did what a real API server does. A number: it was refused with that code, as the \
    resource has it. *create* on nodes is refused because nodes come from node groups; objects that follow from others \
    (the leases, endpoints and volumes of what the world runs) cannot be written, those of clients can.\n\n";

/// A resource of discovery.
struct Resource {
    version: String,
    kind: String,
    plural: String,
    namespaced: bool,
    subresources: Vec<String>,
}

fn resources(bench: &Bench, client: &mut Client) -> Vec<Resource> {
    let mut found = Vec::new();
    for root in ["/api", "/apis"] {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let (_, list) = client.send(bench, "GET", root, &[("Accept", accept)], None);
        for group in list["items"].as_array().unwrap() {
            let name = group["metadata"]["name"].as_str().unwrap_or_default();
            for version in group["versions"].as_array().unwrap() {
                let text = version["version"].as_str().unwrap();
                let full = if name.is_empty() { text.to_owned() } else { format!("{name}/{text}") };
                for one in version["resources"].as_array().unwrap() {
                    let names = one["subresources"].as_array().into_iter().flatten();
                    let text = |value: &Value| value.as_str().unwrap().to_owned();
                    found.push(Resource {
                        version: full.clone(),
                        kind: text(&one["responseKind"]["kind"]),
                        plural: text(&one["resource"]),
                        namespaced: one["scope"] == "Namespaced",
                        subresources: names.map(|sub| text(&sub["subresource"])).collect(),
                    });
                }
            }
        }
    }
    found
}

/// How one verb went: what the cell says.
type Cells = BTreeMap<&'static str, String>;

/// One resource being tried.
struct Try<'a> {
    bench: &'a Bench,
    client: &'a mut Client,
    resource: &'a Resource,
    name: String,
    cells: Cells,
}

impl Try<'_> {
    fn list_path(&self) -> String {
        let version = &self.resource.version;
        let root = if version.contains('/') { "apis" } else { "api" };
        let inside = if self.resource.namespaced { "/namespaces/default" } else { "" };
        format!("/{root}/{version}{inside}/{}", self.resource.plural)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.list_path(), self.name)
    }

    fn ask(&mut self, method: &str, path: &str, media: &str, body: Option<&Value>) -> (u16, Value) {
        self.client.send(self.bench, method, path, &[("Content-Type", media)], body)
    }

    fn get(&mut self) -> (u16, Value) {
        let path = self.path();
        self.ask("GET", &path, JSON, None)
    }

    /// Notes a verb: done when the code is good and it was seen to have been done.
    fn note(&mut self, verb: &'static str, code: u16, is_done: bool) {
        let cell = match code {
            200 | 201 if is_done => "yes".to_owned(),
            200 | 201 => panic!("{verb} of {}: {code}, and it is not done", self.resource.plural),
            code => code.to_string(),
        };
        self.cells.insert(verb, cell);
    }

    fn patch(&mut self, verb: &'static str, media: &str, query: &str, patch: &Value) {
        let (path, key) = (format!("{}?{query}", self.path()), verb.replace(' ', "-"));
        let (code, _) = self.ask("PATCH", &path, media, Some(patch));
        let is_done = self.get().1["metadata"]["labels"][&key] == "yes";
        self.note(verb, code, is_done);
    }

    fn read(&mut self) {
        let (list, name) = (self.list_path(), self.name.clone());
        let (code, object) = self.get();
        self.note("get", code, object["metadata"]["name"] == *name);
        let one = format!("{list}?fieldSelector=metadata.name%3D{name}");
        let (code, all) = self.ask("GET", &one, JSON, None);
        self.note("list", code, all["items"].as_array().is_some_and(|items| items.len() == 1));
        let first = self.client.first_event(self.bench, &format!("{one}&watch=true"));
        self.note("watch", 200, first["type"] == "ADDED" && first["object"]["metadata"]["name"] == *name);
        for (verb, wanted) in [("table", "Table"), ("metadata", "PartialObjectMetadataList")] {
            let accept = format!("application/json;as={wanted};g=meta.k8s.io;v=v1");
            let (code, answer) = self.client.send(self.bench, "GET", &one, &[("Accept", &accept)], None);
            self.note(verb, code, answer["kind"] == wanted);
        }
    }

    /// Reads it, and puts it back with a label more.
    fn replace(&mut self, path: &str) -> (u16, Value) {
        let mut object = self.get().1;
        object["metadata"]["labels"]["update"] = json!("yes");
        self.ask("PUT", path, JSON, Some(&object))
    }

    fn write(&mut self) {
        let path = self.path();
        let (mut code, mut after) = self.replace(&path);
        // A controller may write in between: whoever replaces an object reads it again then, as clients do.
        for _ in 0..TRIES {
            if code != 409 {
                break;
            }
            (code, after) = self.replace(&path);
        }
        self.note("update", code, after["metadata"]["labels"]["update"] == "yes");
        let labels = |key: &str| json!({"metadata": {"labels": {key: "yes"}}});
        let add = json!([{"op": "add", "path": "/metadata/labels/json-patch", "value": "yes"}]);
        self.patch("json patch", "application/json-patch+json", "", &add);
        self.patch("merge patch", MERGE, "", &labels("merge-patch"));
        self.patch(
            "strategic patch",
            "application/strategic-merge-patch+json",
            "",
            &labels("strategic-patch"),
        );
        let mut config = labels("apply");
        config["apiVersion"] = json!(self.resource.version);
        config["kind"] = json!(self.resource.kind);
        config["metadata"]["name"] = json!(self.name);
        self.patch("apply", "application/apply-patch+yaml", "fieldManager=proof", &config);
        if self.resource.subresources.iter().any(|sub| sub == "status") {
            let (status, mark) = status_of(&self.resource.kind, &self.resource.version);
            let (code, _) =
                self.ask("PATCH", &format!("{path}/status"), MERGE, Some(&json!({"status": status})));
            let shown = self.get().1["status"].to_string();
            self.note("status", code, shown.contains(mark));
        }
        if self.resource.subresources.iter().any(|sub| sub == "scale") {
            let scale = json!({"spec": {"replicas": 1}});
            let (code, answer) = self.ask("PATCH", &format!("{path}/scale"), MERGE, Some(&scale));
            self.note("scale", code, answer["spec"]["replicas"] == 1);
        }
    }
}

/// What a controller of somebody's own may say of an object of a kind, and how it is told again.
fn status_of(kind: &str, version: &str) -> (Value, &'static str) {
    match (kind, version) {
        ("ResourceQuota", _) => (json!({"used": {"pods": "77"}}), "77"),
        ("CronJob", _) => (json!({"lastSuccessfulTime": "2026-01-02T03:04:05Z"}), "03:04:05"),
        ("Ingress", _) => (json!({"loadBalancer": {"ingress": [{"ip": "10.9.8.7"}]}}), "10.9.8.7"),
        ("VolumeAttachment", _) => (json!({"attached": true}), "true"),
        ("PersistentVolume", _) => (json!({"message": "example.com/Proven"}), "example.com/Proven"),
        ("HorizontalPodAutoscaler", "autoscaling/v1") => {
            (json!({"currentReplicas": 77, "desiredReplicas": 77}), "77")
        }
        _ => {
            let condition = json!({"type": "example.com/Proven", "status": "True", "reason": "Tried",
                "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
            (json!({"conditions": [condition]}), "example.com/Proven")
        }
    }
}

/// The object of a kind, if there is one among the samples.
fn sample(samples: &[Value], resource: &Resource) -> Option<Value> {
    let is = |one: &&Value| one["apiVersion"] == *resource.version && one["kind"] == *resource.kind;
    samples.iter().find(is).cloned()
}

fn tried(bench: &Bench, client: &mut Client, resource: &Resource, samples: &[Value]) -> Cells {
    let (name, cells) = (format!("proof-{}", resource.kind.to_lowercase()), Cells::new());
    let mut one = Try { bench, client, resource, name, cells };
    let sample = sample(samples, resource);
    let object = |name: &str| {
        let mut object = sample.clone().unwrap_or_else(|| json!({}));
        object["metadata"] = json!({"name": name, "labels": {"proof": "yes"}});
        if resource.kind == "CustomResourceDefinition" {
            object["metadata"]["name"] = json!("samples.proven.example.com");
        }
        if resource.kind == "APIService" {
            object["metadata"]["name"] = json!("v1.g.example.com");
        }
        object
    };
    let list = one.list_path();
    let new = object(&one.name);
    if let Some(name) = new["metadata"]["name"].as_str().filter(|_| sample.is_some()) {
        name.clone_into(&mut one.name);
    }
    let posted = resource.kind.ends_with("Review") || resource.kind == "Binding";
    if posted {
        let (code, answer) = one.ask("POST", &list, JSON, Some(&sample.unwrap_or_default()));
        one.note("create", code, answer["status"].is_object());
        return one.cells;
    }
    if sample.is_some() {
        let (code, _) = one.ask("POST", &format!("{list}?dryRun=All"), JSON, Some(&new));
        let is_there = one.get().0 == 200;
        one.note("dry run", code, !is_there);
    }
    let (code, _) = one.ask("POST", &list, JSON, Some(&new));
    one.note("create", code, true);
    if code != 201 {
        // Objects of this kind come from elsewhere.
        one.name = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    }
    one.read();
    one.write();
    let path = one.path();
    let (code, _) = one.ask("DELETE", &path, JSON, None);
    let (after, object_after) = one.get();
    let ends = object_after["metadata"]["deletionTimestamp"].is_string();
    one.note("delete", code, after == 404 || ends);
    let again = object(&format!("{}-again", one.name));
    if one.cells["create"] == "yes" && one.ask("POST", &list, JSON, Some(&again)).0 == 201 {
        let (code, _) = one.ask("DELETE", &format!("{list}?labelSelector=proof"), JSON, None);
        let (_, left) = one.ask("GET", &format!("{list}?labelSelector=proof"), JSON, None);
        let mut left = left["items"].as_array().into_iter().flatten();
        let is_done = left.all(|one| one["metadata"]["deletionTimestamp"].is_string());
        one.note("delete collection", code, is_done);
    }
    one.cells
}

#[test]
fn every_verb_on_every_resource() {
    let bench = Bench::new();
    let mut client = Client::default();
    let docs = read_manifest("samples", SAMPLES.as_bytes()).unwrap();
    let samples: Vec<Value> = docs.iter().filter_map(|doc| doc.root().value().cloned()).collect();
    let mut page = WORDS.to_owned();
    page.push_str(&format!("| Resource | {} |\n|---|{}\n", VERBS.join(" | "), "---|".repeat(VERBS.len())));
    for resource in resources(&bench, &mut client) {
        let cells = tried(&bench, &mut client, &resource, &samples);
        let version =
            resource.version.split_once('/').map_or(String::new(), |_| format!(" {}", resource.version));
        let row = VERBS.iter().map(|verb| cells.get(verb).map_or("", String::as_str));
        let row: Vec<&str> = row.collect();
        page.push_str(&format!("| {}{version} | {} |\n", resource.plural, row.join(" | ")));
    }
    hold("Verbs of the API", &page);
}
