//! Services, their endpoints and endpoint slices.

use std::sync::Arc;

use replank_world::object::{Pod, Service};
use replank_world::store::Ref;
use serde_json::{Value, json};

use super::defaults::{items, set};
use super::meta::{derived, hash, meta};
use super::{At, View, pod, whole};

pub(super) fn service(view: View<'_>, service: &Service) -> Value {
    let mut spec = service.raw["spec"].as_object().cloned().unwrap_or_default();
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or("ClusterIP").to_owned();
    set(&mut spec, "type", kind.as_str());
    set(&mut spec, "sessionAffinity", "None");
    if kind != "ExternalName" {
        let address = address(service);
        set(&mut spec, "clusterIP", address);
        let address = spec.get("clusterIP").cloned().unwrap_or_default();
        set(&mut spec, "clusterIPs", json!([address]));
        set(&mut spec, "ipFamilies", json!(["IPv4"]));
        set(&mut spec, "ipFamilyPolicy", "SingleStack");
        set(&mut spec, "internalTrafficPolicy", "Cluster");
    }
    let outside = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
    let bits = hash(&service.meta.uid.to_string());
    for (at, port) in items(&mut spec, "ports").enumerate() {
        set(port, "protocol", "TCP");
        if let Some(number) = port.get("port").cloned() {
            // Typed Go clients write zero for none.
            port.retain(|key, value| key != "targetPort" || *value != 0 && value != "");
            set(port, "targetPort", number);
        }
        if outside {
            set(port, "nodePort", 30_000 + (bits as u16 % 2_700) + at as u16);
        }
    }
    let mut status = json!({"loadBalancer": {}});
    if outside {
        set(&mut spec, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        set(&mut spec, "allocateLoadBalancerNodePorts", true);
        let host = format!("{:032x}-{}.elb.amazonaws.com", bits, (bits >> 64) as u32);
        status["loadBalancer"]["ingress"] = json!([{"hostname": host}]);
    }
    let mut metadata = meta(view, &service.meta);
    // Services have no generation in the API.
    if let Some(fields) = metadata.as_object_mut() {
        fields.shift_remove("generation");
    }
    whole(metadata, spec, status)
}

fn address(service: &Service) -> String {
    let bits = hash(&service.meta.uid.to_string());
    format!("10.100.{}.{}", (bits >> 8) as u8, (bits as u8).clamp(1, 254))
}

/// Name of a service's slice; `None` for a service without a selector.
pub(super) fn slice_name(view: View<'_>, at: At) -> Option<Arc<str>> {
    let At::Of(Ref::Service(id)) = at else { return None };
    let service = view.world.store.services.get(id)?;
    service.selector.as_ref().map(|_| name(service).into())
}

fn name(service: &Service) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let bits = hash(&service.meta.uid.to_string()) as u64;
    let letters = (0..5).map(|at| char::from(LETTERS[(bits >> (at * 8)) as usize % LETTERS.len()]));
    format!("{}-{}", service.meta.name, letters.collect::<String>())
}

/// Pods of a service, with the conditions of their endpoints: ready, serving, terminating.
fn behind<'a>(view: View<'a>, service: &'a Service) -> impl Iterator<Item = (&'a Pod, [bool; 3])> {
    let pods = &view.world.store.pods;
    service.endpoints.iter().filter_map(move |(name, conditions)| {
        let id = pods.find(&service.meta.namespace, name)?;
        Some((pods.get(id)?, *conditions))
    })
}

/// Ports of a service's endpoints; named target ports are looked up in the pods.
fn ports(view: View<'_>, service: &Service) -> Vec<Value> {
    let named = |name: &str| {
        let template = behind(view, service).next()?.0.template.clone();
        let containers = template.raw["spec"]["containers"].as_array()?;
        let mut ports =
            containers.iter().flat_map(|container| container["ports"].as_array().into_iter().flatten());
        Some(ports.find(|port| port["name"] == name)?["containerPort"].clone())
    };
    let ports = service.raw["spec"]["ports"].as_array().into_iter().flatten();
    ports
        .map(|port| {
            let target = &port["targetPort"];
            let number = match target.as_str().filter(|name| !name.is_empty()) {
                Some(name) => named(name).unwrap_or_else(|| port["port"].clone()),
                None if target.is_number() && *target != 0 => target.clone(),
                None => port["port"].clone(),
            };
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            json!({"name": port["name"].as_str().unwrap_or_default(), "port": number, "protocol": protocol})
        })
        .collect()
}

fn target(pod: &Pod) -> Value {
    json!({
        "kind": "Pod", "name": *pod.meta.name, "namespace": *pod.meta.namespace, "uid": pod.meta.uid.to_string(),
    })
}

/// The endpoint slice of a service; the world makes one per service.
pub(super) fn slice(view: View<'_>, service: &Service) -> Value {
    let endpoints = behind(view, service).map(|(one, [ready, serving, terminating])| {
        let node = one.node.and_then(|node| view.world.store.nodes.get(node));
        let mut out = json!({
            "addresses": [pod::reached_at(view, one)], "targetRef": target(one),
            "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        });
        if let Some(node) = node {
            out["nodeName"] = json!(*node.meta.name);
            out["zone"] = json!(*node.zone);
        }
        out
    });
    let endpoints: Vec<Value> = endpoints.collect();
    let mut metadata = derived(view, &service.meta, &service.meta.namespace, &name(service));
    metadata["generateName"] = json!(format!("{}-", service.meta.name));
    metadata["labels"] = json!({
        "kubernetes.io/service-name": *service.meta.name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    });
    metadata["ownerReferences"] = json!([{
        "apiVersion": "v1", "kind": "Service", "name": *service.meta.name, "uid": service.meta.uid.to_string(),
        "controller": true, "blockOwnerDeletion": true,
    }]);
    json!({"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports(view, service)})
}

/// The `Endpoints` of a service.
pub(super) fn endpoints(view: View<'_>, service: &Service) -> Value {
    let address = |one: &Pod| {
        let mut out = json!({"ip": pod::reached_at(view, one), "targetRef": target(one)});
        if let Some(node) = one.node.and_then(|node| view.world.store.nodes.get(node)) {
            out["nodeName"] = json!(*node.meta.name);
        }
        out
    };
    let (mut ready, mut unready) = (Vec::new(), Vec::new());
    for (one, [is, ..]) in behind(view, service) {
        if is {
            ready.push(address(one));
        } else if !one.terminating() {
            unready.push(address(one));
        }
    }
    let mut out = json!({
        "metadata": derived(view, &service.meta, &service.meta.namespace, &service.meta.name),
    });
    let mut subset = json!({"ports": ports(view, service)});
    for (key, addresses) in [("addresses", ready), ("notReadyAddresses", unready)] {
        if !addresses.is_empty() {
            subset[key] = Value::Array(addresses);
        }
    }
    if subset.as_object().is_some_and(|subset| subset.len() > 1) {
        out["subsets"] = json!([subset]);
    }
    out
}
