//! One object is one finding, whatever number of places it is seen in.

use replank_check::version::Version;
use replank_check::{Item, Origin, Question, ReadBy, Severity, Subject, check, stand};
use serde_json::{Value, json};

fn budget(api_version: &str, metadata: &Value) -> Value {
    json!({"apiVersion": api_version, "kind": "PodDisruptionBudget", "metadata": metadata})
}

fn release(object: Value, revision: u32, status: &str, hook: Option<&str>) -> Item {
    let origin = Origin::Release {
        release: ("shop".to_owned(), "web".to_owned()),
        revision,
        status: status.to_owned(),
        standing: ReadBy::Past,
        hook: hook.map(str::to_owned),
    };
    Item { object, origin }
}

fn found(mut items: Vec<Item>) -> Vec<replank_check::Finding> {
    stand(&mut items);
    let subject = Subject { items, cluster: Version::parse("v1.24.9"), ..Subject::default() };
    let target = Version::parse("1.25").expect("a version");
    check(&subject, &Question { target, strict_skew: false, today: None })
}

#[test]
fn all_sources_of_an_object_come_together() {
    let old = "policy/v1beta1";
    let entry = json!({"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": old, "time": "2026-01-01T00:00:00Z"});
    let annotation = json!({"apiVersion": old, "kind": "PodDisruptionBudget"}).to_string();
    let live = json!({
        "name": "web", "namespace": "shop", "managedFields": [entry],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": annotation},
    });
    let file = Origin::File { place: "web.yaml:7".to_owned() };
    let found = found(vec![
        Item { object: budget("policy/v1", &live), origin: Origin::Live },
        Item { object: budget(old, &json!({"name": "web", "namespace": "shop"})), origin: file },
        // Helm gives what has no namespace to that of the release.
        release(budget(old, &json!({"name": "web"})), 4, "deployed", None),
        release(budget(old, &json!({"name": "web"})), 5, "failed", Some("guard")),
        release(budget(old, &json!({"name": "web"})), 3, "superseded", None),
    ]);
    assert_eq!(found.len(), 2, "{found:#?}");
    let (removed, past) = (&found[0], &found[1]);
    assert_eq!((removed.check.id, removed.severity), ("api-removed", Severity::Breaks));
    let sources: Vec<String> = removed.sources.iter().map(ToString::to_string).collect();
    assert_eq!(
        sources,
        [
            "kubectl-client-side-apply wrote policy/v1beta1 at 2026-01-01T00:00:00Z",
            "last applied as policy/v1beta1",
            "web.yaml:7",
            "Helm release shop/web revision 4 (deployed)",
            "Helm release shop/web revision 5 (failed), hook guard",
        ]
    );
    assert_eq!(removed.applied_by, ["kubectl-client-side-apply", "kubectl apply", "Helm release shop/web"]);
    assert_eq!(removed.breaks_in.map(|minor| minor.to_string()).as_deref(), Some("1.25"));
    assert_eq!(removed.replacement.as_deref(), Some("policy/v1 PodDisruptionBudget"));
    assert!(removed.advice.starts_with("Write policy/v1 PodDisruptionBudget"), "{}", removed.advice);
    assert_eq!(
        (past.check.id, past.severity, past.sources.len()),
        ("api-in-past-revision", Severity::Informs, 1)
    );
}

#[test]
fn a_group_that_was_left_is_the_same_object() {
    let rules = json!({"name": "web", "namespace": "shop"});
    let ingress =
        |api_version: &str| json!({"apiVersion": api_version, "kind": "Ingress", "metadata": rules});
    let place = |line: u32| Origin::File { place: format!("web.yaml:{line}") };
    let found = found(vec![
        Item { object: ingress("extensions/v1beta1"), origin: place(1) },
        Item { object: ingress("networking.k8s.io/v1beta1"), origin: place(9) },
        Item { object: ingress("networking.k8s.io/v1"), origin: place(17) },
    ]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].object.group_kind(), "Ingress.networking.k8s.io");
    assert_eq!(found[0].sources.len(), 2);
    assert_eq!(
        found[0].evidence[0],
        "extensions/v1beta1 Ingress is not served since 1.22: the cluster has it no more"
    );
}

/// A budget that is in a file and in the cluster is one budget.
#[test]
fn a_budget_that_was_read_twice_overlaps_with_none() {
    let meta = json!({"name": "web", "namespace": "shop", "uid": "b", "resourceVersion": "1"});
    let mut given = budget("policy/v1", &meta);
    given["spec"] = json!({"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}});
    let meta = json!({"name": "web-0", "namespace": "shop", "labels": {"app": "web"}, "uid": "p", "resourceVersion": "1"});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta});
    let file = Origin::File { place: "printed.yaml:1".to_owned() };
    let twice = [Origin::Live, file].map(|origin| Item { object: given.clone(), origin });
    let pod = Item { object: pod, origin: Origin::Live };
    let overlap = |items: Vec<Item>| found(items).iter().any(|it| it.check.id == "budgets-overlap");
    assert!(!overlap(twice.iter().cloned().chain([pod.clone()]).collect()));
    let mut other = twice[0].clone();
    other.object["metadata"]["name"] = "other".into();
    assert!(overlap(vec![twice[0].clone(), other, pod]));
}
