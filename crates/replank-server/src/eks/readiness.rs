//! Upgrade insights: what prevents an upgrade to the next minor, as far as records tell, one per check of EKS.
//!
//! Requests to deprecated APIs are not recorded, so there is no insight about them.

use std::sync::Arc;

use replank_core::draw::{stable_hash, stable_hash_on};
use replank_core::version::Minor;
use replank_service::records::{Key, Record};
use serde_json::{Map, Value, json};

use replank_service::catalogue::addons;
use replank_service::records::{Cluster, Nodegroup};

/// First minor without images of Amazon Linux 2 (EKS user guide).
const WITHOUT_AL2: Minor = Minor(33);

/// What insights are made from.
pub(super) struct Facts<'a> {
    /// The record of the cluster that they are about.
    pub(super) cluster: &'a Cluster,
    /// Its node groups.
    pub(super) groups: &'a [Nodegroup],
    /// Its add-ons.
    pub(super) addons: &'a [(Key, Arc<Record>)],
    /// Time of the insights, in seconds since the Unix epoch.
    pub(super) at: f64,
}

/// A check and its result.
struct Finding {
    name: &'static str,
    status: &'static str,
    reason: String,
    description: &'static str,
    advice: &'static str,
    more: Value,
}

impl Facts<'_> {
    /// Every insight, in the form of EKS.
    pub(super) fn insights(&self) -> Vec<Value> {
        let findings = [
            self.kubelets(),
            self.kube_proxy(),
            self.compatible_addons(),
            self.health(),
            self.amazon_linux_2(),
        ];
        findings.into_iter().map(|finding| self.shown(finding)).collect()
    }

    fn next(&self) -> Minor {
        Minor(Minor::parse(&self.cluster.version).unwrap_or(Minor(0)).0 + 1)
    }

    fn kubelets(&self) -> Finding {
        let is_behind =
            |group: &&Nodegroup| group.known_minor().is_some_and(|minor| !minor.may_serve_under(self.next()));
        let behind: Vec<&Nodegroup> = self.groups.iter().filter(is_behind).collect();
        let (status, reason) = match behind[..] {
            [] => ("PASSING", "Node kubelet versions match the cluster control plane version."),
            _ => ("ERROR", "Some kubelets would be further behind than the version skew policy allows."),
        };
        Finding {
            name: "Kubelet version skew",
            status,
            reason: reason.to_owned(),
            description: "Checks that the kubelet of every node may serve under the next version of the control plane.",
            advice: "Update the node groups first.",
            more: resources(&behind, "ERROR", "Kubelet version is too far behind."),
        }
    }

    fn kube_proxy(&self) -> Finding {
        let installed = self.addons.iter().find(|(key, _)| key.name == "kube-proxy");
        let version = installed.and_then(|(_, it)| it.document["addonVersion"].as_str());
        let (status, reason) = match version.map(Minor::of_version) {
            // The rule is that of the kubelet.
            Some(Some(minor)) if !minor.may_serve_under(self.next()) => {
                ("ERROR", "kube-proxy would be further behind than the version skew policy allows.")
            }
            Some(Some(_)) => ("PASSING", "kube-proxy versions match the cluster control plane version."),
            Some(None) | None => {
                ("UNKNOWN", "kube-proxy is no EKS add-on of this cluster, so its version is not on record.")
            }
        };
        Finding {
            name: "kube-proxy version skew",
            status,
            reason: reason.to_owned(),
            description: "Checks that kube-proxy may serve under the next version of the control plane.",
            advice: "Update the add-on kube-proxy first.",
            more: json!({}),
        }
    }

    fn compatible_addons(&self) -> Finding {
        let next = self.next();
        let fitting = |name: &str| {
            let rows = addons().iter().filter(move |row| row.minor == next);
            let rows = rows.filter(|row| row.addon == name);
            rows.map(|row| row.version).collect::<Vec<_>>()
        };
        let fits = |name: &str, version: &Value| fitting(name).into_iter().any(|known| *version == known);
        let unfit = self.addons.iter().filter(|(key, it)| !fits(&key.name, &it.document["addonVersion"]));
        let unfit: Vec<Value> = unfit
            .map(|(key, _)| json!({ "name": key.name, "compatibleVersions": fitting(&key.name) }))
            .collect();
        let (status, reason) = match unfit[..] {
            [] => {
                ("PASSING", "All installed EKS add-on versions are compatible with next Kubernetes version.")
            }
            _ => (
                "ERROR",
                "Some installed EKS add-on versions are not compatible with the next Kubernetes version.",
            ),
        };
        Finding {
            name: "EKS add-on version compatibility",
            status,
            reason: reason.to_owned(),
            description: "Checks that the installed EKS add-ons are compatible with the next version.",
            advice: "Update the add-ons.",
            more: json!({ "categorySpecificSummary": { "addonCompatibilityDetails": unfit } }),
        }
    }

    fn health(&self) -> Finding {
        let issues = self.cluster.rest.get("health").and_then(|health| health["issues"].as_array());
        let issues = issues.into_iter().flatten().filter_map(|issue| issue["message"].as_str());
        let issues: Vec<&str> = issues.collect();
        let (status, reason) = match issues[..] {
            [] => ("PASSING", "No cluster health issues detected.".to_owned()),
            _ => ("ERROR", issues.join(" ")),
        };
        Finding {
            name: "Cluster health issues",
            status,
            reason,
            description: "Checks for health issues of the cluster that keep it from being upgraded.",
            advice: "Resolve the health issues that DescribeCluster shows.",
            more: json!({}),
        }
    }

    fn amazon_linux_2(&self) -> Finding {
        let old: Vec<&Nodegroup> =
            self.groups.iter().filter(|group| group.ami_type.starts_with("AL2_")).collect();
        let bad = if self.next() >= WITHOUT_AL2 { "ERROR" } else { "WARNING" };
        let said = "EKS ended support of Amazon Linux 2 images on November 26, 2025, and there are none for Kubernetes \
                    1.33 and later.";
        let (status, reason) = match old[..] {
            [] => ("PASSING", "No Amazon Linux 2 nodes detected."),
            _ => (bad, said),
        };
        Finding {
            name: "Amazon Linux 2 compatibility",
            status,
            reason: reason.to_owned(),
            description: "Checks for nodes that run Amazon Linux 2.",
            advice: "Move to node groups that run Amazon Linux 2023 or Bottlerocket.",
            more: resources(&old, bad, "The node group runs Amazon Linux 2."),
        }
    }

    fn shown(&self, finding: Finding) -> Value {
        let Self { cluster, at, .. } = self;
        let base = json!({
            "id": id(&format!("{} {}", cluster.name, finding.name)),
            "name": finding.name,
            "category": "UPGRADE_READINESS",
            "kubernetesVersion": self.next().to_string(),
            "lastRefreshTime": at,
            "lastTransitionTime": cluster.created_at,
            "description": finding.description,
            "insightStatus": { "status": finding.status, "reason": finding.reason },
            "recommendation": finding.advice,
            "additionalInfo": {},
            "resources": [],
        });
        let parts = [base, finding.more].into_iter().filter_map(|part| match part {
            Value::Object(part) => Some(part),
            _ => None,
        });
        parts.flatten().collect::<Map<String, Value>>().into()
    }
}

fn resources(groups: &[&Nodegroup], status: &str, reason: &str) -> Value {
    let status = json!({ "status": status, "reason": reason });
    let one = |group: &&Nodegroup| json!({ "insightStatus": status, "arn": group.nodegroup_arn });
    json!({ "resources": groups.iter().map(one).collect::<Vec<_>>() })
}

/// A UUID derived from a text (FNV-1a, twice).
fn id(text: &str) -> String {
    let (high, low) = (stable_hash(text.bytes()), stable_hash_on(0x8422_2325_cbf2_9ce4, text.bytes()));
    let low = (low & !(0x3 << 62)) | (2 << 62);
    let high = (high & !0xf000) | 0x5000;
    let text = format!("{high:016x}{low:016x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}
