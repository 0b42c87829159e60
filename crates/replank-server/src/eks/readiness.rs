//! Upgrade insights: what prevents an upgrade to the next minor, as far as records tell, one per check of EKS.
//!
//! Where the cluster itself can be read, it counts; its record does otherwise.

use std::borrow::Cow;
use std::sync::Arc;

use replank_core::api_versions::minors_that_remove;
use replank_core::draw::{stable_hash, stable_hash_on};
use replank_core::version::Minor;
use replank_service::catalogue::addons;
use replank_service::ports::clusters::InUse;
use replank_service::records::{Key, Record};
use serde_json::{Map, Value, json};

use super::deprecated_uses;
use replank_service::records::{Cluster, Nodegroup};

/// First minor without images of Amazon Linux 2 (EKS user guide).
const WITHOUT_AL2: Minor = Minor(33);

/// How long a request to a deprecated API counts (EKS: 30 days).
const LOOK_BACK_SECONDS: f64 = 30.0 * 86_400.0;
/// So many minors after the next one are looked at for what they stop serving (EKS: `WARNING` for N+2 or later).
const MINORS_AHEAD: u32 = 2;
/// Most resources that an insight lists.
const RESOURCES_MAX: usize = 100;

/// What insights are made from.
pub(super) struct Facts<'a> {
    /// The record of the cluster that they are about.
    pub(super) cluster: &'a Cluster,
    /// Its node groups.
    pub(super) groups: &'a [Nodegroup],
    /// Its add-ons.
    pub(super) addons: &'a [(Key, Arc<Record>)],
    /// What runs in it; `None` where that cannot be read.
    pub(super) in_use: Option<&'a InUse>,
    /// Time of the insights, in seconds since the Unix epoch.
    pub(super) at: f64,
    /// The present time, in seconds since the Unix epoch.
    pub(super) now: f64,
}

/// A check and its result.
struct Finding {
    name: Cow<'static, str>,
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
        let next = self.next();
        let findings = findings.into_iter().map(|finding| self.shown(finding, next));
        // Where nobody notes requests, nothing is said of them.
        let used = self.in_use.map(|in_use| &in_use.deprecated);
        let removing = minors_that_remove().into_iter().filter(|minor| *minor >= next && used.is_some());
        let removing = removing.filter(|minor| minor.0 <= next.0 + MINORS_AHEAD);
        findings.chain(removing.map(|minor| self.shown(self.removed_in(minor), minor))).collect()
    }

    fn next(&self) -> Minor {
        Minor(Minor::parse(&self.cluster.version).unwrap_or(Minor(0)).0 + 1)
    }

    /// Whether a kubelet or kube-proxy of that minor holds up the next upgrade, or the one after it.
    fn skew(&self, minor: Minor) -> &'static str {
        match (minor.may_serve_under(self.next()), minor.may_serve_under(self.next().next())) {
            (false, _) => "ERROR",
            (true, false) => "WARNING",
            (true, true) => "PASSING",
        }
    }

    fn kubelets(&self) -> Finding {
        let nodes = self.in_use.map_or(&[][..], |in_use| &in_use.kubelets);
        let of_nodes = nodes.iter().filter_map(|kubelet| {
            let status = self.skew(Minor::of_version(&kubelet.version)?);
            let reason = format!("Kubelet version {} is too far behind.", kubelet.version);
            let uri = format!("/api/v1/nodes/{}", kubelet.node);
            let told = json!({ "insightStatus": { "status": status, "reason": reason }, "kubernetesResourceUri": uri });
            Some((status, told))
        });
        // A group without nodes, and a world whose nodes are not read, are what their record says.
        let is_seen = |group: &&Nodegroup| {
            nodes.iter().any(|kubelet| kubelet.group.as_deref() == Some(&group.nodegroup_name))
        };
        let of_groups = self.groups.iter().filter(|group| !is_seen(group)).filter_map(|group| {
            let status = self.skew(group.known_minor()?);
            let reason = "Kubelet version is too far behind.";
            let told = json!({ "insightStatus": { "status": status, "reason": reason }, "arn": group.nodegroup_arn });
            Some((status, told))
        });
        let behind: Vec<(&str, Value)> =
            of_nodes.chain(of_groups).filter(|(status, _)| *status != "PASSING").collect();
        let status = worst(behind.iter().map(|(status, _)| *status));
        let reason = match status {
            "PASSING" => "Node kubelet versions match the cluster control plane version.",
            _ => "Some kubelets would be further behind than the version skew policy allows.",
        };
        let listed: Vec<Value> = behind.into_iter().map(|(_, told)| told).take(RESOURCES_MAX).collect();
        Finding {
            name: "Kubelet version skew".into(),
            status,
            reason: reason.to_owned(),
            description: "Checks that the kubelet of every node may serve under the next version of the control plane.",
            advice: "Update the node groups first.",
            more: json!({ "resources": listed }),
        }
    }

    fn kube_proxy(&self) -> Finding {
        let installed = self.addons.iter().find(|(key, _)| key.name == "kube-proxy");
        let on_record = installed.and_then(|(_, it)| it.document["addonVersion"].as_str());
        let running = self.in_use.and_then(|in_use| in_use.kube_proxy.as_deref());
        // The rule is that of the kubelet.
        let status = running.or(on_record).and_then(Minor::of_version).map(|minor| self.skew(minor));
        let reason = match status {
            Some("PASSING") => "kube-proxy versions match the cluster control plane version.",
            Some(_) => "kube-proxy would be further behind than the version skew policy allows.",
            None => "kube-proxy is not in this cluster, so its version is not known.",
        };
        Finding {
            name: "kube-proxy version skew".into(),
            status: status.unwrap_or("UNKNOWN"),
            reason: reason.to_owned(),
            description: "Checks that kube-proxy may serve under the next version of the control plane.",
            advice: "Update kube-proxy first.",
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
            name: "EKS add-on version compatibility".into(),
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
            name: "Cluster health issues".into(),
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
            name: "Amazon Linux 2 compatibility".into(),
            status,
            reason: reason.to_owned(),
            description: "Checks for nodes that run Amazon Linux 2.",
            advice: "Move to node groups that run Amazon Linux 2023 or Bottlerocket.",
            more: resources(&old, bad, "The node group runs Amazon Linux 2."),
        }
    }

    /// Requests in the last 30 days to what a minor stops serving.
    fn removed_in(&self, minor: Minor) -> Finding {
        let used = self.in_use.map_or(&[][..], |in_use| &in_use.deprecated);
        let used = used.iter().filter(|usage| self.now - usage.last_at < LOOK_BACK_SECONDS);
        let details = deprecated_uses::details(used, minor);
        let (status, reason) = match (details.is_empty(), minor == self.next()) {
            (true, _) => ("PASSING", "No deprecated API usage detected within the last 30 days."),
            (false, true) => (
                "ERROR",
                "Deprecated API usage detected within last 30 days and your cluster is on the version before its removal.",
            ),
            (false, false) => ("WARNING", "Deprecated API usage detected within the last 30 days."),
        };
        Finding {
            name: format!("Deprecated APIs removed in Kubernetes v{minor}").into(),
            status,
            reason: reason.to_owned(),
            description: "Checks for usage of deprecated APIs that are scheduled for removal.",
            advice: "Update manifests and API clients to use newer Kubernetes APIs if applicable before upgrading.",
            more: json!({ "categorySpecificSummary": { "deprecationDetails": details } }),
        }
    }

    fn shown(&self, finding: Finding, version: Minor) -> Value {
        let Self { cluster, at, .. } = self;
        let base = json!({
            "id": id(&format!("{} {}", cluster.name, finding.name)),
            "name": finding.name,
            "category": "UPGRADE_READINESS",
            "kubernetesVersion": version.to_string(),
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

/// The worst of some statuses.
fn worst<'s>(statuses: impl Iterator<Item = &'s str>) -> &'static str {
    statuses.fold("PASSING", |worst, status| match (worst, status) {
        (_, "ERROR") | ("ERROR", _) => "ERROR",
        (_, "WARNING") | ("WARNING", _) => "WARNING",
        _ => "PASSING",
    })
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
