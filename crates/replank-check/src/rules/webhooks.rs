//! Webhooks that can block an upgrade: while they do not answer, what they intercept cannot be written.

use serde_json::{Value, json};

use super::budgets::selects;
use crate::apis;
use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, list, text, texts};
use crate::subject::Facts;

static CLOSED: Check = Check {
    id: "webhook-fails-closed",
    severity: Severity::Warns,
    meaning: "A webhook with failurePolicy Fail guards what an upgrade needs: pods of kube-system, nodes, leases of nodes, \
              certificates of kubelets, or evictions. While it does not answer, nodes do not join and pods do not come back.",
    advice: "Exclude kube-system and kube-node-lease by its namespaceSelector, leave nodes and leases out of its rules, or let \
             it fail open.",
    basis: "open-policy-agent/gatekeeper#2228; Kubernetes: good practice for admission webhooks",
};
static WITHOUT_ENDPOINTS: Check = Check {
    id: "webhook-without-endpoints",
    severity: Severity::Blocks,
    meaning: "A webhook with failurePolicy Fail has no Service, or no ready endpoint behind it: everything that it guards is \
              refused now.",
    advice: "Bring its pods back, or delete the webhook configuration if what served it is gone.",
    basis: "kyverno/kyverno#7576",
};
static OWN: Check = Check {
    id: "webhook-guards-itself",
    severity: Severity::Blocks,
    meaning: "A webhook with failurePolicy Fail guards the pods that serve it: once the last of them is evicted, none can be \
              made, and no other pod either.",
    advice: "Exclude its own namespace by its namespaceSelector.",
    basis: "kyverno/kyverno#7576; Kubernetes: good practice for admission webhooks",
};
static VANISHING: Check = Check {
    id: "webhook-version-removed",
    severity: Severity::Warns,
    meaning: "The rules of a webhook or an admission policy name versions of an API of which the target serves none: it is not asked any more, and \
              what it guarded is let through.",
    advice: "Name the new version in its rules.",
    basis: "Kubernetes: matchPolicy of admission webhooks",
};

pub(super) const CHECKS: &[&Check] = &[&CLOSED, &WITHOUT_ENDPOINTS, &OWN, &VANISHING];

/// What an upgrade writes: group, resource, namespace (`None` for cluster-scoped), and its name in messages.
const NEEDED: &[(&str, &str, Option<&str>, &str)] = &[
    ("", "pods", Some("kube-system"), "pods of kube-system"),
    ("", "pods/eviction", Some("kube-system"), "evictions"),
    ("", "nodes", None, "nodes"),
    ("coordination.k8s.io", "leases", Some("kube-node-lease"), "leases of nodes"),
    ("certificates.k8s.io", "certificatesigningrequests", None, "certificates of kubelets"),
];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let group = "admissionregistration.k8s.io";
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        for item in facts.of(group, kind) {
            for webhook in list(&item.object, &["webhooks"]) {
                vanishing(facts, item, text(webhook, &["name"]), list(webhook, &["rules"]), findings);
                // The default of v1 is Fail.
                if text(webhook, &["failurePolicy"]) != "Ignore" {
                    closed(facts, item, webhook, findings);
                }
            }
        }
    }
    for kind in ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"] {
        for item in facts.of(group, kind) {
            let rules = list(&item.object, &["spec", "matchConstraints", "resourceRules"]);
            vanishing(facts, item, "the policy", rules, findings);
        }
    }
}

fn closed(facts: &Facts<'_>, item: &Item, webhook: &Value, findings: &mut Findings) {
    let name = text(webhook, &["name"]);
    let needed: Vec<&str> = NEEDED
        .iter()
        .filter(|(group, resource, namespace, _)| {
            guards(webhook, group, resource) && namespace.is_none_or(|it| takes_namespace(webhook, it))
        })
        .map(|(.., called)| *called)
        .collect();
    if !needed.is_empty() && webhook["objectSelector"].as_object().is_none_or(serde_json::Map::is_empty) {
        findings.add(Seen::of(&CLOSED, item, format!("{name} guards {}", needed.join(", "))));
    }
    let service = &webhook["clientConfig"]["service"];
    let (namespace, service) = (text(service, &["namespace"]), text(service, &["name"]));
    if service.is_empty() {
        return;
    }
    let found = facts.of("", "Service").find(|it| it.is_called(namespace, service));
    if let Some(why) = unserved(facts, found, namespace, service) {
        let severity = if needed.is_empty() { Severity::Breaks } else { Severity::Blocks };
        let seen = Seen::of(&WITHOUT_ENDPOINTS, item, format!("{name}: service {namespace}/{service} {why}"));
        findings.add(seen.severity(severity));
    }
    let selector = &webhook["objectSelector"];
    let takes_pods = !selector.is_object()
        || selects(selector, &json!({"labels": found.map(|service| &service.object["spec"]["selector"])}));
    if guards(webhook, "", "pods") && takes_namespace(webhook, namespace) && takes_pods {
        findings.add(Seen::of(
            &OWN,
            item,
            format!("{name} guards pods of {namespace}, where {service} runs"),
        ));
    }
}

/// Whether its rules match the creation of a resource.
fn guards(webhook: &Value, group: &str, resource: &str) -> bool {
    let (plain, sub) = resource.split_once('/').map_or((resource, None), |(plain, sub)| (plain, Some(sub)));
    let takes = |given: &str| match (given.split_once('/'), sub) {
        (None, None) => given == "*" || given == plain,
        (Some((of, its)), Some(sub)) => (of == "*" || of == plain) && (its == "*" || its == sub),
        (Some((of, "*")), None) => of == "*" || of == plain,
        (Some(_), None) | (None, Some(_)) => false,
    };
    list(webhook, &["rules"]).any(|rule| {
        texts(rule, &["apiGroups"]).any(|it| it == "*" || it == group)
            && texts(rule, &["resources"]).any(takes)
            && texts(rule, &["operations"])
                .any(|it| matches!(it, "*" | "CREATE") || it == "UPDATE" && plain != "pods")
    })
}

/// Whether its namespace selector matches a namespace, going by the label with the namespace's name.
fn takes_namespace(webhook: &Value, namespace: &str) -> bool {
    let selector = &webhook["namespaceSelector"];
    !selector.is_object() || selects(selector, &json!({"labels": {"kubernetes.io/metadata.name": namespace}}))
}

/// Why no endpoint answers behind a Service; `None` when one does, or it is unknown.
fn unserved(facts: &Facts<'_>, found: Option<&Item>, namespace: &str, service: &str) -> Option<&'static str> {
    if facts.is_complete("", "Service") && found.is_none() {
        return Some("does not exist");
    }
    if !facts.is_complete("discovery.k8s.io", "EndpointSlice") {
        return None;
    }
    let mut slices = facts.live("discovery.k8s.io", "EndpointSlice").filter(|item| {
        text(&item.object, &["metadata", "labels", "kubernetes.io/service-name"]) == service
            && text(&item.object, &["metadata", "namespace"]) == namespace
    });
    let is_served =
        slices.any(|slice| list(&slice.object, &["endpoints"]).any(|it| it["conditions"]["ready"] != false));
    (!is_served).then_some("has no ready endpoint")
}

fn vanishing<'o>(
    facts: &Facts<'_>,
    item: &Item,
    name: &str,
    rules: impl Iterator<Item = &'o Value>,
    findings: &mut Findings,
) {
    for rule in rules {
        let versions: Vec<&str> = texts(rule, &["apiVersions"]).collect();
        for (group, resource) in texts(rule, &["apiGroups"])
            .flat_map(|group| texts(rule, &["resources"]).map(move |it| (group, it)))
        {
            let removed = |version: &&str| {
                let kind = apis::kind_of_resource(group, version, resource)?;
                apis::find(group, version, kind)?.removed_in.filter(|removed| *removed <= facts.target.minor)
            };
            let gone: Vec<_> = versions.iter().filter_map(removed).collect();
            if !versions.is_empty() && gone.len() == versions.len() {
                let evidence = format!("{name} names {} of {resource}.{group} alone", versions.join(", "));
                findings.add(Seen::of(&VANISHING, item, evidence).breaks_in(gone.into_iter().min()));
            }
        }
    }
}
