//! Why an instance that is long on its way does not become a node: what EC2, EKS and IAM show of it. It is asked only of
//! instances that are late, of few of them and seldom, since nodes that join in time need no explanation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName};
use replank_core::observed::{JoinTrouble, Lifecycle, Observation};

use crate::Aws;
use crate::cloud::AwsCloud;
use crate::ec2::Tree;
use crate::failure::{CallError, if_there};
use crate::group::Source;
use crate::user_data::{self, Named};
use crate::view::View;

/// How many instances of an update are asked about.
const INSTANCES_MAX: usize = 3;
/// How often each is.
const LOOKS_MAX: u32 = 3;
/// Lines of a console that are searched, from its end.
const CONSOLE: usize = 60;
/// Pages of a cluster's access entries; a hundred each.
const PAGES_MAX: usize = 20;
/// Who speaks in a console of what keeps a node from joining, and how failures are told.
const SPEAKERS: [&str; 6] =
    ["nodeadm", "kubelet", "bootstrap", "cloud-init", "host-containers", "Kernel panic"];
const FAILURES: [&str; 8] =
    ["fail", "error", "unauthorized", "denied", "timeout", "timed out", "no such host", "panic"];

/// When an instance counts as late, and what it is to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joins {
    /// Name of the cluster.
    pub cluster: String,
    /// `mapRoles` of the ConfigMap `aws-auth`, empty where there is none; `None` when it may not be read.
    pub mapped_roles: Option<String>,
    /// How long after its launch an instance without a Ready node is late.
    pub after: Duration,
}

/// What is known of late instances.
#[derive(Debug, Default)]
pub(crate) struct Late {
    /// `None` when nobody asked for explanations.
    pub(crate) joins: Option<Joins>,
    /// What keeps them, by id.
    pub(crate) troubles: BTreeMap<InstanceId, Vec<JoinTrouble>>,
    /// How often and when last each was asked about.
    asked: BTreeMap<InstanceId, (u32, Instant)>,
}

/// What EKS says of a cluster that matters to who joins it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Eks {
    endpoint: Option<String>,
    /// `API`, `CONFIG_MAP` or `API_AND_CONFIG_MAP`.
    mode: Option<String>,
}

impl AwsCloud {
    /// Asks, from now on, why instances that are late do not join.
    pub fn explain_joins(&self, joins: Joins) {
        self.view().late.joins = Some(joins);
    }

    /// What keeps an instance from joining, asked now.
    pub async fn join_troubles(&self, instance: &str) -> Vec<JoinTrouble> {
        let joins = self.view().late.joins.clone();
        match joins {
            Some(joins) => investigate(self, &joins, instance, None).await,
            None => Vec::new(),
        }
    }
}

/// Asks about the instance that is late the longest, if there is one that was not asked about lately.
pub(crate) async fn look(cloud: &AwsCloud, seen: &Observation) {
    let late = {
        let mut view = cloud.view();
        let Some(joins) = view.late.joins.clone() else { return };
        let late = late(&view, seen, joins.after);
        view.late.troubles.retain(|id, _| late.iter().any(|(own, _)| own == id));
        let next = late.into_iter().find(|(id, _)| is_due(&view.late, id, joins.after));
        next.map(|next| (joins, next))
    };
    let Some((joins, (id, node))) = late else { return };
    let troubles = investigate(cloud, &joins, id.as_str(), node).await;
    let mut view = cloud.view();
    let count = view.late.asked.get(&id).map_or(0, |(count, _)| *count);
    view.late.asked.insert(id.clone(), (count + 1, Instant::now()));
    view.late.troubles.insert(id, troubles);
}

/// Instances without a Ready node that were launched so long ago, each with the node that it registered.
fn late(view: &View, seen: &Observation, after: Duration) -> Vec<(InstanceId, Option<NodeName>)> {
    let Some(group) = &view.group else { return Vec::new() };
    let now = Timestamp::now();
    let mut found: Vec<_> = group
        .instances
        .iter()
        .filter(|instance| instance.lifecycle != Lifecycle::Terminating)
        .filter_map(|instance| {
            let launched_at = *view.launched_at.get(&instance.id)?;
            let id = InstanceId::new(instance.id.as_str());
            let node = seen.members.node_of(&id);
            let is_ready = node.is_some_and(|node| node.ready_since.is_some());
            let waits = Duration::try_from(now.duration_since(launched_at)).unwrap_or_default();
            (!is_ready && waits >= after).then(|| (launched_at, id, node.map(|node| node.name.clone())))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, id, node)| (id, node)).collect()
}

fn is_due(late: &Late, id: &InstanceId, after: Duration) -> bool {
    match late.asked.get(id) {
        Some((count, at)) => *count < LOOKS_MAX && at.elapsed() >= after,
        None => late.asked.len() < INSTANCES_MAX,
    }
}

/// What keeps the instance. What may not be read is left out: an explanation stops nothing.
async fn investigate(cloud: &AwsCloud, joins: &Joins, id: &str, node: Option<NodeName>) -> Vec<JoinTrouble> {
    let aws = &cloud.aws;
    let Some(instance) = known(instance(aws, id).await).flatten() else { return Vec::new() };
    if let Some(stopped) = not_running(&instance) {
        return vec![stopped];
    }
    let mut found = Vec::new();
    found.extend(known(status(aws, id).await).flatten());
    if node.is_none() {
        let eks = known(eks(aws, &joins.cluster).await).unwrap_or_default();
        found.extend(role(aws, joins, &eks, &instance).await);
        found.extend(user_data(cloud, joins, &eks, id));
    }
    if let Some(subnet) = instance.text("subnetId") {
        found.extend(known(addresses(aws, subnet).await).flatten());
    }
    let console = known(cloud.console(id, CONSOLE).await).unwrap_or_default();
    found.extend(failing_line(&console).map(|line| JoinTrouble::Console { line: line.into() }));
    match node {
        Some(node) => found.push(JoinTrouble::NotReady { node }),
        None if found.is_empty() => found.push(JoinTrouble::Unregistered),
        None => {}
    }
    found
}

fn known<T>(answer: Result<T, CallError>) -> Option<T> {
    answer.inspect_err(|failure| tracing::debug!("why an instance does not join: {failure}")).ok()
}

async fn instance(aws: &Aws, id: &str) -> Result<Option<Tree>, CallError> {
    let filter = [("Filter.1.Name", "instance-id"), ("Filter.1.Value.1", id)];
    let reservations = aws.ec2.list("DescribeInstances", &filter, "reservationSet").await?;
    Ok(reservations.iter().flat_map(|one| one.items("instancesSet")).next().cloned())
}

fn not_running(instance: &Tree) -> Option<JoinTrouble> {
    let state = instance.get("instanceState")?.text("name")?;
    let reason = instance.get("stateReason").and_then(|reason| reason.text("message")).unwrap_or_default();
    (!matches!(state, "running" | "pending"))
        .then(|| JoinTrouble::NotRunning { state: state.into(), reason: reason.into() })
}

async fn status(aws: &Aws, id: &str) -> Result<Option<JoinTrouble>, CallError> {
    let found = aws.ec2.list("DescribeInstanceStatus", &[("InstanceId.1", id)], "instanceStatusSet").await?;
    let fails = |check: &str| {
        let status = found.first()?.get(check)?.text("status")?;
        (status == "impaired").then_some(())
    };
    let check = fails("systemStatus").map(|()| "system").or(fails("instanceStatus").map(|()| "instance"));
    Ok(check.map(|check| JoinTrouble::StatusCheck { check: check.into() }))
}

async fn eks(aws: &Aws, cluster: &str) -> Result<Eks, CallError> {
    let call = aws.eks.describe_cluster().name(cluster);
    let answer = if_there("ResourceNotFoundException", aws.ask("DescribeCluster", call.send()).await)?;
    let cluster = answer.as_ref().and_then(|answer| answer.cluster());
    Ok(Eks {
        endpoint: cluster.and_then(|cluster| cluster.endpoint()).map(str::to_owned),
        mode: cluster
            .and_then(|cluster| Some(cluster.access_config()?.authentication_mode()?.as_str().to_owned())),
    })
}

/// Whether the cluster lets the instance's role in, as far as that can be seen.
async fn role(aws: &Aws, joins: &Joins, eks: &Eks, instance: &Tree) -> Option<JoinTrouble> {
    let Some(profile) = instance.get("iamInstanceProfile").and_then(|profile| profile.text("arn")) else {
        return Some(JoinTrouble::NoProfile);
    };
    let role = known(aws.iam.role_of(profile).await)?;
    let Some(role) = role else { return Some(JoinTrouble::NoProfile) };
    let by_map = match eks.mode.as_deref() {
        Some("API") => Some(false),
        _ => joins.mapped_roles.as_deref().map(|mapped| is_mapped(mapped, &role)),
    };
    let by_entry = match eks.mode.as_deref() {
        Some("CONFIG_MAP") => Some(false),
        _ => known(has_entry(aws, &joins.cluster, &role).await),
    };
    (by_map == Some(false) && by_entry == Some(false)).then(|| JoinTrouble::NotMapped { role: role.into() })
}

/// Whether `mapRoles` names the role; it does so without the path of the ARN (EKS: aws-auth).
fn is_mapped(mapped: &str, role: &str) -> bool {
    let bare = role
        .split_once(":role/")
        .map(|(account, path)| format!("{account}:role/{}", path.rsplit('/').next().unwrap_or_default()));
    let names = |arn: &str| {
        mapped.lines().any(|line| {
            let value = line.split_once("rolearn:").map(|(_, value)| value.trim());
            value.is_some_and(|value| value.trim_matches(|letter| letter == '"' || letter == '\'') == arn)
        })
    };
    names(role) || bare.is_some_and(|bare| names(&bare))
}

async fn has_entry(aws: &Aws, cluster: &str, role: &str) -> Result<bool, CallError> {
    let mut token = None;
    for _ in 0..PAGES_MAX {
        let call = aws.eks.list_access_entries().cluster_name(cluster).set_next_token(token);
        let page = aws.ask("ListAccessEntries", call.send()).await?;
        if page.access_entries().iter().any(|entry| entry == role) {
            return Ok(true);
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(false);
        }
    }
    // With so many entries nobody can say that there is none.
    Ok(true)
}

/// What the user data of the instance's template version says against its joining.
fn user_data(cloud: &AwsCloud, joins: &Joins, eks: &Eks, id: &str) -> Option<JoinTrouble> {
    let view = cloud.view();
    let group = view.group.as_ref()?;
    let Source::Template { base, .. } = &group.source else { return None };
    let used = group.instance(id).and_then(|instance| instance.template.as_ref()).unwrap_or(base);
    let (_, version) = view.templates.version(&used.id, &used.version)?;
    let Some(written) = version.data.text("userData") else { return Some(JoinTrouble::NoUserData) };
    against(&user_data::named(written), joins, eks)
}

fn against(named: &Named, joins: &Joins, eks: &Eks) -> Option<JoinTrouble> {
    if let Some(cluster) = named.cluster.as_ref().filter(|named| **named != joins.cluster) {
        let (named, cluster) = (cluster.as_str().into(), joins.cluster.as_str().into());
        return Some(JoinTrouble::OtherCluster { named, cluster });
    }
    let (named, endpoint) = (named.endpoint.as_deref()?, eks.endpoint.as_deref()?);
    let bare = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
    (bare(named) != bare(endpoint))
        .then(|| JoinTrouble::OtherEndpoint { named: named.into(), endpoint: endpoint.into() })
}

async fn addresses(aws: &Aws, subnet: &str) -> Result<Option<JoinTrouble>, CallError> {
    let found = aws.ec2.list("DescribeSubnets", &[("SubnetId.1", subnet)], "subnetSet").await?;
    let free = found.first().and_then(|found| found.text("availableIpAddressCount"));
    Ok((free == Some("0")).then(|| JoinTrouble::NoAddresses { subnet: subnet.into() }))
}

/// The last line that tells of a failure of what makes a node of an instance.
fn failing_line(lines: &[String]) -> Option<&str> {
    let tells = |line: &&String| {
        let small = line.to_ascii_lowercase();
        SPEAKERS.iter().any(|speaker| line.contains(speaker))
            && FAILURES.iter().any(|word| small.contains(word))
    };
    lines.iter().rev().find(tells).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joins() -> Joins {
        Joins { cluster: "shop".into(), mapped_roles: None, after: Duration::from_mins(2) }
    }

    #[test]
    fn a_role_is_mapped_with_and_without_its_path() {
        let mapped = "- groups:\n  - system:nodes\n  rolearn: arn:aws:iam::1:role/nodes\n  username: x\n";
        assert!(is_mapped(mapped, "arn:aws:iam::1:role/nodes"));
        assert!(is_mapped(mapped, "arn:aws:iam::1:role/team/nodes"));
        assert!(!is_mapped(mapped, "arn:aws:iam::1:role/node"));
        assert!(!is_mapped("", "arn:aws:iam::1:role/nodes"));
    }

    #[test]
    fn user_data_of_another_cluster_or_endpoint_is_told() {
        let eks = Eks { endpoint: Some("https://A.eks.amazonaws.com".into()), mode: None };
        let named = |cluster: &str, endpoint: &str| Named {
            cluster: Some(cluster.into()).filter(|text: &String| !text.is_empty()),
            endpoint: Some(endpoint.into()).filter(|text: &String| !text.is_empty()),
        };
        assert_eq!(against(&named("shop", "https://a.eks.amazonaws.com/"), &joins(), &eks), None);
        assert_eq!(against(&named("", ""), &joins(), &eks), None);
        assert!(matches!(
            against(&named("stop", ""), &joins(), &eks),
            Some(JoinTrouble::OtherCluster { .. })
        ));
        let other = against(&named("shop", "https://b.eks.amazonaws.com"), &joins(), &eks);
        assert!(matches!(other, Some(JoinTrouble::OtherEndpoint { .. })), "{other:?}");
    }

    #[test]
    fn the_last_line_of_a_failure_is_found_among_others() {
        let lines = ["nodeadm: starting", "nodeadm[1]: failed to describe instance", "login:"];
        let lines: Vec<String> = lines.map(str::to_owned).into();
        assert_eq!(failing_line(&lines), Some("nodeadm[1]: failed to describe instance"));
        assert_eq!(failing_line(&["error: something of the application".to_owned()]), None);
    }
}
