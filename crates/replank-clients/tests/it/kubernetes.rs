//! kube-rs: reads, every form of patch, eviction under a budget, conditions waited for.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{
    Api, DeleteParams, EvictParams, ListParams, LogParams, ObjectMeta, Patch, PatchParams, PostParams,
    Preconditions,
};
use kube::runtime::conditions::{is_deleted, is_pod_running};
use kube::runtime::wait::{Condition, await_condition};
use kube::{Client, Error, ResourceExt};
use serde_json::json;
use tokio::time::timeout;

use crate::bench::{Bench, Outcome, PATIENCE};

/// The code and the reason of a refusal.
fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> (u16, String) {
    match answer {
        Err(Error::Api(status)) => (status.code, status.reason.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

fn web(replicas: i32, image: &str) -> serde_json::Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "web", "image": image, "resources": {"requests": {"cpu": "10m"}},
                }]},
            },
        },
    })
}

/// A Deployment of that many pods; returns when all of them run.
async fn deployed(client: &Client, replicas: i32) -> Outcome {
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    let wanted = serde_json::from_value(web(replicas, "web:1"))?;
    deployments.create(&PostParams::default(), &wanted).await?;
    settled(client, replicas).await
}

/// Returns when the Deployment's newest template runs in that many pods.
async fn settled(client: &Client, replicas: i32) -> Outcome {
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    let done = |found: Option<&Deployment>| {
        let status = found.and_then(|it| it.status.clone()).unwrap_or_default();
        let generation = found.and_then(|it| it.metadata.generation);
        let all = [status.replicas, status.updated_replicas, status.available_replicas];
        all == [Some(replicas); 3] && status.observed_generation == generation
    };
    timeout(PATIENCE, await_condition(deployments, "web", done)).await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reads() -> Outcome {
    let bench = Bench::new("kube-reads")?;
    let client = bench.kubernetes().await?;
    let version = client.apiserver_version().await?;
    assert_eq!((&*version.major, &*version.minor), ("1", "32"));
    let nodes: Api<Node> = Api::all(client.clone());
    let all = nodes.list(&ListParams::default()).await?;
    assert_eq!(all.items.len(), 3);
    let one = nodes.get(&all.items[0].name_any()).await?;
    assert_eq!(one.uid(), all.items[0].uid());
    assert!(one.creation_timestamp().is_some());

    let pods: Api<Pod> = Api::all(client.clone());
    let whole = pods.list(&ListParams::default()).await?.items;
    let (mut paged, mut token) = (Vec::new(), None::<String>);
    loop {
        let page = ListParams { limit: Some(4), continue_token: token, ..ListParams::default() };
        let found = pods.list(&page).await?;
        assert!(found.items.len() <= 4);
        token = found.metadata.continue_.clone().filter(|token| !token.is_empty());
        paged.extend(found.items);
        if token.is_none() {
            break;
        }
    }
    let names = |pods: &[Pod]| pods.iter().map(ResourceExt::name_any).collect::<Vec<_>>();
    assert_eq!(names(&paged), names(&whole));
    let there = ListParams::default().fields(&format!("spec.nodeName={}", one.name_any()));
    let there = pods.list(&there).await?.items;
    assert!(!there.is_empty() && there.len() < whole.len());
    let metadata = pods.list_metadata(&ListParams::default().labels("k8s-app=kube-dns")).await?;
    assert_eq!(metadata.items.len(), 2);

    assert!(nodes.get_opt("nobody").await?.is_none());
    assert_eq!(refusal(nodes.get("nobody").await), (404, "NotFound".to_owned()));
    let shop: Api<Pod> = Api::namespaced(client, "shop");
    let first = shop.list(&ListParams::default()).await?.items[0].name_any();
    let logs = shop.logs(&first, &LogParams::default()).await;
    assert!(logs.is_err(), "nothing runs in an embedded pod");
    bench.end()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_patch() -> Outcome {
    let bench = Bench::new("kube-patches")?;
    let client = bench.kubernetes().await?;
    deployed(&client, 2).await?;
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    let plain = PatchParams::default();
    let merge = json!({"metadata": {"labels": {"a": "1", "b": "2"}}});
    deployments.patch("web", &plain, &Patch::Merge(&merge)).await?;
    let strategic =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}});
    let found = deployments.patch("web", &plain, &Patch::Strategic(&strategic)).await?;
    let pod = found.spec.as_ref().and_then(|it| it.template.spec.clone()).unwrap_or_default();
    assert_eq!(pod.containers[0].image.as_deref(), Some("web:2"));
    assert!(pod.containers[0].resources.is_some(), "a strategic patch keeps what it does not name");
    settled(&client, 2).await?;
    let operations = json!([
        {"op": "test", "path": "/metadata/labels/a", "value": "1"},
        {"op": "remove", "path": "/metadata/labels/b"},
        {"op": "replace", "path": "/spec/replicas", "value": 3},
    ]);
    let found =
        deployments.patch("web", &plain, &Patch::<()>::Json(serde_json::from_value(operations)?)).await?;
    assert!(!found.labels().contains_key("b") && found.labels()["a"] == "1");
    let fails = json!([{"op": "test", "path": "/metadata/labels/a", "value": "9"}]);
    let fails = deployments.patch("web", &plain, &Patch::<()>::Json(serde_json::from_value(fails)?)).await;
    assert_eq!(refusal(fails).0, 422);
    settled(&client, 3).await?;

    let mine = PatchParams::apply("mine");
    let conflict = deployments.patch("web", &mine, &Patch::Apply(web(1, "web:3"))).await;
    assert_eq!(refusal(conflict), (409, "Conflict".to_owned()));
    let found = deployments.patch("web", &mine.force(), &Patch::Apply(web(1, "web:3"))).await?;
    let managers: Vec<_> = found.managed_fields().iter().filter_map(|it| it.manager.clone()).collect();
    assert!(managers.contains(&"mine".to_owned()), "{managers:?}");
    settled(&client, 1).await?;
    let scale = deployments.get_scale("web").await?;
    assert_eq!(scale.spec.and_then(|it| it.replicas), Some(1));
    deployments.patch_scale("web", &plain, &Patch::Merge(json!({"spec": {"replicas": 2}}))).await?;
    settled(&client, 2).await?;
    let (dry, nine) = (plain.dry_run(), Patch::Merge(json!({"spec": {"replicas": 9}})));
    let shown = deployments.patch("web", &dry, &nine).await?;
    assert_eq!(shown.spec.and_then(|it| it.replicas), Some(9));
    assert_eq!(deployments.get("web").await?.spec.and_then(|it| it.replicas), Some(2));
    bench.end()
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_race_and_deletes_with_conditions() -> Outcome {
    let bench = Bench::new("kube-races")?;
    let maps: Api<ConfigMap> = Api::default_namespaced(bench.kubernetes().await?);
    let map = |value: &str| ConfigMap {
        metadata: ObjectMeta { name: Some("m".into()), ..ObjectMeta::default() },
        data: Some([("k".to_owned(), value.to_owned())].into()),
        ..ConfigMap::default()
    };
    let first = maps.create(&PostParams::default(), &map("1")).await?;
    let again = maps.create(&PostParams::default(), &map("1")).await;
    assert_eq!(refusal(again), (409, "AlreadyExists".to_owned()));
    let mut second = first.clone();
    second.data = map("2").data;
    maps.replace("m", &PostParams::default(), &second).await?;
    let lost = maps.replace("m", &PostParams::default(), &second).await;
    assert_eq!(refusal(lost), (409, "Conflict".to_owned()));
    let mut entry = maps.entry("m").await?.or_insert(|| map("never"));
    entry.get_mut().data = map("3").data;
    entry.commit(&PostParams::default()).await?;
    assert_eq!(entry.get().data, map("3").data);
    let other = Preconditions { uid: Some("other".into()), resource_version: None };
    let other = DeleteParams::default().preconditions(other);
    assert_eq!(refusal(maps.delete("m", &other).await).0, 409);
    let uid = first.uid().ok_or("no uid")?;
    maps.delete("m", &DeleteParams::default()).await?;
    timeout(PATIENCE, await_condition(maps, "m", is_deleted(&uid))).await??;
    bench.end()
}

/// A budget forbids the eviction (429), and allows it once it allows one.
#[tokio::test(flavor = "multi_thread")]
async fn eviction_under_a_budget() -> Outcome {
    let bench = Bench::new("kube-evicts")?;
    let client = bench.kubernetes().await?;
    deployed(&client, 2).await?;
    let budgets: Api<PodDisruptionBudget> = Api::default_namespaced(client.clone());
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
    });
    budgets.create(&PostParams::default(), &serde_json::from_value(budget)?).await?;
    let counts = |found: Option<&PodDisruptionBudget>| {
        found.and_then(|it| it.status.as_ref()).is_some_and(|it| it.current_healthy == 2)
    };
    timeout(PATIENCE, await_condition(budgets.clone(), "web", counts)).await??;

    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let first = pods.list(&ListParams::default().labels("app=web")).await?.items.remove(0);
    let (name, uid) = (first.name_any(), first.uid().ok_or("no uid")?);
    let refused = pods.evict(&name, &EvictParams::default()).await;
    assert_eq!(refusal(refused), (429, "TooManyRequests".to_owned()));
    assert!(is_pod_running().matches_object(Some(&pods.get(&name).await?)), "the pod was left alone");

    let loosened = json!({"spec": {"minAvailable": 1}});
    budgets.patch("web", &PatchParams::default(), &Patch::Merge(loosened)).await?;
    let allows = |found: Option<&PodDisruptionBudget>| {
        found.and_then(|it| it.status.as_ref()).is_some_and(|it| it.disruptions_allowed == 1)
    };
    timeout(PATIENCE, await_condition(budgets, "web", allows)).await??;
    pods.evict(&name, &EvictParams::default()).await?;
    timeout(PATIENCE, await_condition(pods, &name, is_deleted(&uid))).await??;
    settled(&client, 2).await?;
    bench.end()
}
