//! Insights of a cluster: what is on record says whether the next minor is in reach.

use replank_engine::estate::{Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::{Map, Value, json};

use super::catalogue::addons;
use super::record::{Cluster, Nodegroup};
use super::versions::Minor;
use super::{Exception, Failure, Input, page, record};
use crate::app::{App, now, seconds};

/// How often insights are looked at without being asked for.
const DAY_SECONDS: f64 = 86_400.0;

/// `ListInsights`.
pub(super) fn list<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let filter = input.value("filter").cloned().unwrap_or_default();
    let passes = |name: &str, value: &Value| {
        filter[name].as_array().is_none_or(|wanted| wanted.is_empty() || wanted.contains(value))
    };
    let mut found = all(app, &cluster)?;
    found.retain(|it| {
        passes("categories", &it["category"])
            && passes("kubernetesVersions", &it["kubernetesVersion"])
            && passes("statuses", &it["insightStatus"]["status"])
    });
    let named = found.into_iter().map(|it| (it["id"].as_str().unwrap_or_default().to_owned(), it)).collect();
    let (found, token) = page::page(named, |(id, _): &(String, Value)| id, input)?;
    let summaries = found.into_iter().map(|(_, it)| {
        let detail = ["recommendation", "additionalInfo", "resources", "categorySpecificSummary"];
        let Value::Object(mut it) = it else { return Value::Null };
        detail.iter().for_each(|name| drop(it.remove(*name)));
        Value::Object(it)
    });
    Ok(page::output("insights", summaries.collect(), token))
}

/// `DescribeInsight`.
pub(super) fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let id = input.text("id");
    let found = all(app, &cluster)?.into_iter().find(|it| it["id"] == id);
    let missing = || Failure::new(Exception::ResourceNotFound, format!("No insight found for id: {id}"));
    Ok(json!({ "insight": found.ok_or_else(missing)? }))
}

/// `StartInsightsRefresh`: they are worked out whenever they are asked for, so it is over at once.
pub(super) fn refresh<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let at = seconds(now());
    let outcome = app.estate.change(|change| {
        change.put(Key::new(Kind::Insights, &cluster.name, "refresh"), json!({ "at": at }));
        Ok::<(), Failure>(())
    });
    outcome?;
    Ok(json!({ "message": "Insights refresh is in progress", "status": "IN_PROGRESS" }))
}

/// `DescribeInsightsRefresh`.
pub(super) fn describe_refresh<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let record = app.estate.get(&Key::new(Kind::Insights, &cluster.name, "refresh"));
    let at = record.map(|record| record.document["at"].clone()).ok_or_else(|| {
        let said = "No insights refresh was started for the cluster.";
        Failure::new(Exception::ResourceNotFound, said).cluster(&cluster.name)
    })?;
    let message = "Insights refresh completed successfully";
    Ok(json!({ "message": message, "status": "COMPLETED", "startedAt": at, "endedAt": at }))
}

/// When the insights were last looked at: once a day since the cluster was made, and whenever somebody asked for it
/// (EKS: every 24 hours, and `StartInsightsRefresh`).
fn refreshed_at(made: f64, asked: Option<f64>, now: f64) -> f64 {
    let days = ((now - made) / DAY_SECONDS).floor().max(0.0);
    let daily = made + days * DAY_SECONDS;
    asked.map_or(daily, |asked| asked.max(daily))
}

fn all<A: Account>(app: &App<A>, cluster: &Cluster) -> Result<Vec<Value>, Failure> {
    let asked = app.estate.get(&Key::new(Kind::Insights, &cluster.name, "refresh"));
    let asked = asked.and_then(|record| record.document["at"].as_f64());
    let at = refreshed_at(cluster.created_at, asked, seconds(now()));
    let here = Minor::parse(&cluster.version).unwrap_or(Minor(0));
    let next = Minor(here.0 + 1);
    let groups = app.estate.list(Kind::NodeGroup, &cluster.name).into_iter();
    let groups: Vec<Nodegroup> =
        groups.map(|(_, it)| record::read(&it.document)).collect::<Result<_, _>>()?;
    let installed = app.estate.list(Kind::Addon, &cluster.name);
    let behind: Vec<&Nodegroup> = groups
        .iter()
        .filter(|group| {
            group.version.as_deref().and_then(Minor::parse).is_some_and(|minor| minor.0 + 3 < next.0)
        })
        .collect();
    let resources = behind.iter().map(|group| {
        let status = json!({ "status": "ERROR", "reason": "Kubelet version is too far behind." });
        json!({ "insightStatus": status, "arn": group.nodegroup_arn })
    });
    let kubelet = insight(
        (cluster, at),
        next,
        "Kubelet version skew",
        behind.is_empty(),
        [
            "Checks that the kubelet of every node may serve under the next version of the control plane.",
            "Node kubelet versions match the cluster control plane version.",
            "Some kubelets would be further behind than the version skew policy allows.",
            "Update the node groups first.",
        ],
        json!({ "resources": resources.collect::<Vec<_>>() }),
    );
    let fits = |name: &str, version: &Value| {
        let rows = addons().iter().filter(|row| row.addon == name && row.minor == next);
        rows.map(|row| row.version).any(|known| *version == known)
    };
    let unfit = installed.iter().filter(|(key, it)| !fits(&key.name, &it.document["addonVersion"]));
    let details: Vec<Value> = unfit
        .map(|(key, _)| {
            let rows = addons().iter().filter(|row| row.addon == key.name && row.minor == next);
            json!({ "name": key.name, "compatibleVersions": rows.map(|row| row.version).collect::<Vec<_>>() })
        })
        .collect();
    let addons = insight(
        (cluster, at),
        next,
        "EKS add-on version compatibility",
        details.is_empty(),
        [
            "Checks that the installed EKS add-ons are compatible with the next version.",
            "All installed EKS add-on versions are compatible with next Kubernetes version.",
            "Some installed EKS add-on versions are not compatible with the next Kubernetes version.",
            "Update the add-ons.",
        ],
        json!({ "categorySpecificSummary": { "addonCompatibilityDetails": details } }),
    );
    Ok(vec![kubelet, addons])
}

/// An insight; its texts are description, reason when it passes, reason when not, and advice.
fn insight(
    (cluster, at): (&Cluster, f64),
    next: Minor,
    name: &str,
    passes: bool,
    texts: [&str; 4],
    more: Value,
) -> Value {
    let [description, good, bad, advice] = texts;
    let (status, reason) = if passes { ("PASSING", good) } else { ("ERROR", bad) };
    let mut insight = Map::new();
    let base = json!({
        "id": id(&format!("{} {name}", cluster.name)),
        "name": name,
        "category": "UPGRADE_READINESS",
        "kubernetesVersion": next.to_string(),
        "lastRefreshTime": at,
        "lastTransitionTime": cluster.created_at,
        "description": description,
        "insightStatus": { "status": status, "reason": reason },
        "recommendation": advice,
        "additionalInfo": {},
        "resources": [],
    });
    for part in [base, more] {
        if let Value::Object(part) = part {
            insight.extend(part);
        }
    }
    insight.into()
}

/// A UUID that a text decides (FNV-1a, twice).
fn id(text: &str) -> String {
    let hash = |start: u64| {
        text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    };
    let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4));
    let low = (low & !(0x3 << 62)) | (2 << 62);
    let high = (high & !0xf000) | 0x5000;
    let text = format!("{high:016x}{low:016x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::refreshed_at;

    #[test]
    fn insights_are_looked_at_once_a_day_or_when_asked_for() {
        let day = 86_400.0;
        for (asked, now, wanted) in [
            (None, 10.0, 10.0),
            (None, 10.0 + day - 1.0, 10.0),
            (None, 10.0 + 2.5 * day, 10.0 + 2.0 * day),
            (Some(500.0), 1_000.0, 500.0),
            (Some(500.0), 10.0 + day, 10.0 + day),
        ] {
            assert!((refreshed_at(10.0, asked, now) - wanted).abs() < 1e-6, "{asked:?} {now}");
        }
    }
}
