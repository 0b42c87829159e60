//! Services, endpoints, ingresses and network policies.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cell::{Subject, list, or, selector, some_of, text};

pub(super) fn service(it: Subject<'_>) -> Vec<Value> {
    let address = list(it.at("spec.clusterIPs")).first().map_or_else(|| it.text("spec.clusterIP"), text);
    let ports: Vec<_> = list(it.at("spec.ports")).iter().map(service_port).collect();
    vec![
        it.name(),
        it.cell("spec.type"),
        Value::from(or(address, "<none>")),
        Value::from(external_address(it)),
        Value::from(or(ports.join(","), "<none>")),
        it.age(),
        it.labels("spec.selector"),
    ]
}

fn service_port(port: &Value) -> String {
    let node_port = port["nodePort"].as_i64().filter(|it| *it > 0).map(|it| format!(":{it}"));
    format!("{}{}/{}", text(&port["port"]), node_port.unwrap_or_default(), text(&port["protocol"]))
}

fn external_address(it: Subject<'_>) -> String {
    let stated: Vec<_> = list(it.at("spec.externalIPs")).iter().map(text).collect();
    match it.at("spec.type").as_str() {
        Some("ClusterIP" | "NodePort") => or(stated.join(","), "<none>"),
        Some("LoadBalancer") => {
            let all = balancer_addresses(it).into_iter().chain(stated);
            or(all.collect::<Vec<_>>().join(","), "<pending>")
        }
        Some("ExternalName") => it.text("spec.externalName"),
        _ => "<unknown>".to_owned(),
    }
}

fn balancer_addresses(it: Subject<'_>) -> BTreeSet<String> {
    let found = list(it.at("status.loadBalancer.ingress")).iter();
    found.map(|it| or(text(&it["ip"]), &text(&it["hostname"]))).filter(|it| !it.is_empty()).collect()
}

pub(super) fn endpoints(it: Subject<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in list(it.at("subsets")) {
        let addresses = || list(&subset["addresses"]).iter().map(|address| text(&address["ip"]));
        match list(&subset["ports"]) {
            [] => all.extend(addresses()),
            ports => {
                let joined =
                    ports.iter().flat_map(|port| addresses().map(|ip| host_port(&ip, &text(&port["port"]))));
                all.extend(joined);
            }
        }
    }
    let missing = if list(it.at("subsets")).is_empty() { "<none>" } else { "" };
    vec![it.name(), Value::from(some_of(&all, missing)), it.age()]
}

fn host_port(address: &str, port: &str) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

pub(super) fn endpoint_slice(it: Subject<'_>) -> Vec<Value> {
    let port = |port: &Value| or(or(text(&port["port"]), &text(&port["name"])), "*");
    let ports: Vec<_> = list(it.at("ports")).iter().map(port).collect();
    let addresses = list(it.at("endpoints")).iter().flat_map(|it| list(&it["addresses"])).map(text);
    let addresses: Vec<_> = addresses.collect();
    vec![
        it.name(),
        it.cell("addressType"),
        Value::from(some_of(&ports, "<unset>")),
        Value::from(some_of(&addresses, "<unset>")),
        it.age(),
    ]
}

pub(super) fn ingress(it: Subject<'_>) -> Vec<Value> {
    let hosts = list(it.at("spec.rules")).iter().map(|rule| text(&rule["host"]));
    let hosts: Vec<_> = hosts.filter(|host| !host.is_empty()).collect();
    let addresses = balancer_addresses(it).into_iter().collect::<Vec<_>>().join(",");
    let ports = if list(it.at("spec.tls")).is_empty() { "80" } else { "80, 443" };
    vec![
        it.name(),
        Value::from(it.text_or("spec.ingressClassName", "<none>")),
        Value::from(some_of(&hosts, "*")),
        Value::from(addresses),
        Value::from(ports),
        it.age(),
    ]
}

pub(super) fn ingress_class(it: Subject<'_>) -> Vec<Value> {
    let group = it.at("spec.parameters.apiGroup").as_str().map(|group| format!(".{group}"));
    let parameters = match it.at("spec.parameters") {
        Value::Null => "<none>".to_owned(),
        _ => {
            let (kind, name) = (it.text("spec.parameters.kind"), it.text("spec.parameters.name"));
            format!("{kind}{}/{name}", group.unwrap_or_default())
        }
    };
    vec![it.name(), it.cell("spec.controller"), Value::from(parameters), it.age()]
}

pub(super) fn policy(it: Subject<'_>) -> Vec<Value> {
    vec![it.name(), Value::from(or(selector(it.at("spec.podSelector")), "<none>")), it.age()]
}
