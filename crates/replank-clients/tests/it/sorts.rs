//! kube-rs on kinds that it has no types for: discovery, dynamic objects, a custom resource from its definition on.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::discovery::{Discovery, Scope, pinned_kind};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Error, ResourceExt};
use serde_json::json;
use tokio::time::timeout;

use crate::bench::{Bench, Outcome, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn discovery_finds_the_kinds() -> Outcome {
    let bench = Bench::new("kube-discovery")?;
    let client = bench.kubernetes().await?;
    let classic = Discovery::new(client.clone()).run().await?;
    let aggregated = Discovery::new(client.clone()).run_aggregated().await?;
    let kinds = |found: &Discovery| -> BTreeSet<String> {
        let all = found.groups().flat_map(kube::discovery::ApiGroup::recommended_resources);
        all.map(|(resource, _)| format!("{}/{}", resource.api_version, resource.kind)).collect()
    };
    assert_eq!(kinds(&classic), kinds(&aggregated));
    for kind in ["v1/Pod", "v1/Node", "apps/v1/Deployment", "policy/v1/PodDisruptionBudget", "batch/v1/Job"] {
        assert!(kinds(&classic).contains(kind), "{kind}: {:?}", kinds(&classic));
    }
    // Each kind that can be listed is listed, whatever it is.
    for (resource, capabilities) in
        classic.groups().flat_map(kube::discovery::ApiGroup::recommended_resources)
    {
        if capabilities.supports_operation("list") {
            let all: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
            let found = all.list(&ListParams::default()).await;
            assert!(found.is_ok(), "{}: {found:?}", resource.kind);
        }
    }
    bench.end()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_resource_from_its_definition_on() -> Outcome {
    let bench = Bench::new("kube-custom")?;
    let client = bench.kubernetes().await?;
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "boats", "singular": "boat", "kind": "Boat"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {"spec": {"type": "object", "properties": {
                        "planks": {"type": "integer"},
                        "name": {"type": "string"},
                    }}},
                }},
            }],
        },
    });
    let apply = PatchParams::apply("test");
    definitions.patch("boats.example.com", &apply, &Patch::Apply(&definition)).await?;
    timeout(PATIENCE, await_condition(definitions, "boats.example.com", is_crd_established())).await??;

    let (boat, capabilities) =
        pinned_kind(&client, &GroupVersionKind::gvk("example.com", "v1", "Boat")).await?;
    assert_eq!((boat.plural.as_str(), capabilities.scope), ("boats", Scope::Namespaced));
    let boats: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &boat);
    let argo = DynamicObject::new("argo", &boat).data(json!({"spec": {"planks": 50}}));
    let made = boats.create(&PostParams::default(), &argo).await?;
    assert_eq!(made.data["spec"]["planks"], 50);
    let named = json!({
        "apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "argo"}, "spec": {"name": "Argo"},
    });
    let named = boats.patch("argo", &apply, &Patch::Apply(&named)).await?;
    assert_eq!(named.data["spec"], json!({"planks": 50, "name": "Argo"}));
    let fewer = Patch::Merge(json!({"spec": {"planks": 49}}));
    let fewer = boats.patch("argo", &PatchParams::default(), &fewer).await?;
    assert_eq!(fewer.data["spec"]["planks"], 49);
    let wrong = DynamicObject::new("wrong", &boat).data(json!({"spec": {"planks": "many"}}));
    match boats.create(&PostParams::default(), &wrong).await {
        Err(Error::Api(status)) => {
            assert!(matches!(status.code, 400 | 422) && status.message.contains("spec.planks"), "{status:?}");
        }
        other => panic!("{other:?}"),
    }
    let names: Vec<_> = boats.list(&ListParams::default()).await?.iter().map(ResourceExt::name_any).collect();
    assert_eq!(names, ["argo"]);
    bench.end()
}
