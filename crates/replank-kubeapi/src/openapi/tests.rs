//! The documents are whole and say what clients look for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Served, accepts_json, document, index, protobuf, swagger, words};
use crate::schema::Schema;

fn all() -> Vec<Served<'static>> {
    let resource = |group, version, kind, plural, is_namespaced, subresources| Served {
        group,
        version,
        kind,
        plural,
        is_namespaced,
        is_posted: false,
        subresources,
        schema: None,
    };
    let review = resource(
        "authorization.k8s.io",
        "v1",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        false,
        &[],
    );
    vec![
        resource("", "v1", "Pod", "pods", true, &["status", "eviction", "log"]),
        resource("", "v1", "Node", "nodes", false, &["status"]),
        resource("apps", "v1", "Deployment", "deployments", true, &["scale", "status"]),
        resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, &["status"]),
        Served { is_posted: true, ..review },
    ]
}

fn links(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            found.extend(own.and_then(|link| link.rsplit('/').next()).map(str::to_owned));
            fields.values().for_each(|below| links(below, found));
        }
        Value::Array(items) => items.iter().for_each(|below| links(below, found)),
        _ => {}
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut documents = vec![(swagger(&all(), "v1.33.0"), "/definitions")];
    for root in ["api/v1", "apis/apps/v1", "apis/policy/v1", "apis/authorization.k8s.io/v1"] {
        documents.push((document(root, &all()).unwrap(), "/components/schemas"));
    }
    for (document, place) in documents {
        let schemas = document.pointer(place).unwrap().as_object().unwrap();
        let mut found = BTreeSet::new();
        links(&document, &mut found);
        let lost: Vec<_> = found.iter().filter(|name| !schemas.contains_key(*name)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        assert!(!found.is_empty());
    }
    assert_eq!(document("apis/none/v1", &all()), None);
}

#[test]
fn writes_say_that_they_validate() {
    let core = document("api/v1", &all()).unwrap();
    let patch = &core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"]["patch"];
    let gvk = json!({"group": "", "kind": "Pod", "version": "v1"});
    assert_eq!(patch["x-kubernetes-group-version-kind"], gvk);
    let names: Vec<_> =
        patch["parameters"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dryRun", "fieldManager", "fieldValidation", "force"]);
    assert!(patch["requestBody"]["content"]["application/apply-patch+yaml"].is_object());
    let pods = &core["paths"]["/api/v1/namespaces/{namespace}/pods"];
    assert_eq!(pods["get"]["operationId"], "listCoreV1NamespacedPod");
    assert_eq!(core["paths"]["/api/v1/pods"]["get"]["operationId"], "listCoreV1PodForAllNamespaces");
    let evict = &core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/eviction"];
    assert_eq!(evict["post"]["x-kubernetes-group-version-kind"]["kind"], "Eviction");
    assert!(evict.get("get").is_none());
    assert!(core["paths"].get("/api/v1/namespaces/{namespace}/pods/{name}/log").is_none());
}

#[test]
fn fields_carry_their_merge_keys() {
    let core = document("api/v1", &all()).unwrap();
    let spec = &core["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"];
    let containers = &spec["properties"]["containers"];
    assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(containers["x-kubernetes-patch-strategy"], "merge");
    assert_eq!(containers["x-kubernetes-list-map-keys"], json!(["name"]));
    assert_eq!(spec["required"], json!(["containers"]));
    let pod = &core["components"]["schemas"]["io.k8s.api.core.v1.Pod"];
    let gvk = json!([{"group": "", "kind": "Pod", "version": "v1"}]);
    assert_eq!(pod["x-kubernetes-group-version-kind"], gvk);
    let link = json!([{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]);
    assert_eq!(pod["properties"]["spec"]["allOf"], link);
    let old = swagger(&all(), "v1.33.0");
    let budget = &old["definitions"]["io.k8s.api.policy.v1.PodDisruptionBudgetSpec"]["properties"];
    assert_eq!(
        budget["minAvailable"]["$ref"],
        "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"
    );
    assert_eq!(budget["selector"]["x-kubernetes-patch-strategy"], "replace");
}

#[test]
fn custom_resources_are_described_by_their_definitions() {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"size":
        {"type": "integer", "description": "How many."}}}}});
    let shop = Served {
        group: "x.io",
        version: "v1",
        kind: "Shop",
        plural: "shops",
        is_namespaced: true,
        is_posted: false,
        subresources: &["status"],
        schema: Some(&schema),
    };
    let document = document("apis/x.io/v1", &[shop]).unwrap();
    let found = &document["components"]["schemas"]["io.x.v1.Shop"];
    assert_eq!(found["properties"]["spec"]["properties"]["size"]["description"], "How many.");
    assert!(found["properties"]["metadata"]["allOf"][0]["$ref"].is_string());
    let list = &document["components"]["schemas"]["io.x.v1.ShopList"]["x-kubernetes-group-version-kind"];
    assert_eq!(list, &json!([{"group": "x.io", "kind": "ShopList", "version": "v1"}]));
    // A changed definition changes the link, so that clients read it again.
    let other = json!({"type": "object"});
    let changed = Served { schema: Some(&other), ..shop };
    assert_ne!(index(&[shop]), index(&[changed]));
    let url = index(&[shop])["paths"]["apis/x.io/v1"]["serverRelativeURL"].as_str().unwrap().to_owned();
    assert!(url.starts_with("/openapi/v3/apis/x.io/v1?hash="), "{url}");
}

#[test]
fn protobuf_is_named_so_that_clients_can_read_the_name() {
    // Go's `mime` takes no `@` in a media type, yet that is how clients ask for it.
    assert!(!protobuf::MEDIA_TYPE.contains('@'));
    for name in ["spec.v2@v1.0", "spec.v2.v1.0"] {
        assert!(protobuf::is_accepted(&format!("application/com.github.proto-openapi.{name}+protobuf")));
    }
    assert!(!protobuf::is_accepted("application/json"));
}

#[test]
fn version_two_is_json_or_nothing() {
    let table = [
        ("application/json", true),
        ("application/json, */*", true),
        ("*/*", true),
        ("", true),
        ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", false),
        ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf,application/json;q=0.5", true),
        ("text/html", false),
    ];
    for (accept, expected) in table {
        assert_eq!(accepts_json(accept), expected, "{accept}");
    }
}

#[test]
fn words_are_about_something() {
    let schema = Schema::builtin();
    let mut lost = Vec::new();
    let words = words::read(include_str!("words.txt"));
    for key in words.keys() {
        let is_known = match key.split_once('.') {
            Some((of, field)) => schema.types().any(|found| {
                let is_of = of == "*" || found.name.ends_with(&format!(".{of}"));
                is_of && found.fields.contains_key(field)
            }),
            None => schema.types().any(|found| found.name.ends_with(&format!(".{key}"))),
        };
        lost.extend((!is_known).then_some(*key));
    }
    assert_eq!(lost, Vec::<&str>::new());
    let lines = include_str!("words.txt").lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(lines, words.len(), "no line stands twice or says nothing");
}

#[test]
fn every_kind_is_described() {
    let kinds = Schema::builtin().kinds();
    let silent: Vec<_> =
        kinds.filter(|(_, kind, _)| words::of_type(kind).is_empty()).map(|it| it.1).collect();
    assert_eq!(silent, Vec::<&str>::new());
}
