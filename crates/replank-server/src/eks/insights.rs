//! Upgrade insights of a cluster, from its records and from what runs in it.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Value, json};

use super::readiness::Facts;
use super::{EksError, Exception, Input, page};
use crate::app::App;
use replank_service::records;
use replank_service::records::{Cluster, Nodegroup};
use replank_service::{now, seconds};

/// Interval at which EKS refreshes insights by itself.
const DAY_SECONDS: f64 = 86_400.0;

/// `ListInsights`.
pub(super) async fn list<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let filter = input.value("filter").cloned().unwrap_or_default();
    narrows(&filter)?;
    let passes =
        |name: &str, value: &Value| filter[name].as_array().is_none_or(|wanted| wanted.contains(value));
    let mut found = all(app, &cluster).await?;
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

/// Refuses a filter without values, which would filter nothing.
fn narrows(filter: &Value) -> Result<(), EksError> {
    let lists =
        filter.as_object().into_iter().flatten().filter_map(|(name, it)| Some((name, it.as_array()?)));
    for (name, wanted) in lists {
        if wanted.is_empty() || wanted.iter().any(|one| one == "") {
            return Err(EksError::invalid(format!(
                "filter.{name}: it is empty; name what is wanted, or leave it out"
            )));
        }
    }
    Ok(())
}

/// `DescribeInsight`.
pub(super) async fn describe<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let id = input.text("id");
    let found = all(app, &cluster).await?.into_iter().find(|it| it["id"] == id);
    let missing = || EksError::new(Exception::ResourceNotFound, format!("No insight found for id: {id}"));
    Ok(json!({ "insight": found.ok_or_else(missing)? }))
}

/// `StartInsightsRefresh`: insights are made when they are asked for, so it is done at once.
pub(super) fn refresh<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let at = seconds(now());
    let outcome = app.service.records.change(|change| {
        change.put(Key::new(Kind::Insights, &cluster.name, "refresh"), json!({ "at": at }));
        Ok::<(), EksError>(())
    });
    outcome?;
    Ok(json!({ "message": "Insights refresh is in progress", "status": "IN_PROGRESS" }))
}

/// `DescribeInsightsRefresh`.
pub(super) fn describe_refresh<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let record = app.service.records.get(&Key::new(Kind::Insights, &cluster.name, "refresh"));
    let at = record.map(|record| record.document["at"].clone()).ok_or_else(|| {
        let said = "No insights refresh was started for the cluster.";
        EksError::new(Exception::ResourceNotFound, said).cluster(&cluster.name)
    })?;
    let message = "Insights refresh completed successfully";
    Ok(json!({ "message": message, "status": "COMPLETED", "startedAt": at, "endedAt": at }))
}

/// When insights were last refreshed: daily since the cluster was created, or on request (EKS: every 24 hours, and
/// `StartInsightsRefresh`).
fn refreshed_at(made: f64, asked: Option<f64>, now: f64) -> f64 {
    let days = ((now - made) / DAY_SECONDS).floor().max(0.0);
    let daily = made + days * DAY_SECONDS;
    asked.map_or(daily, |asked| asked.max(daily))
}

async fn all<A: Account>(app: &App<A>, cluster: &Cluster) -> Result<Vec<Value>, EksError> {
    let asked = app.service.records.get(&Key::new(Kind::Insights, &cluster.name, "refresh"));
    let asked = asked.and_then(|record| record.document["at"].as_f64());
    let at = refreshed_at(cluster.created_at, asked, seconds(now()));
    let groups = app.service.records.list(Kind::NodeGroup, &cluster.name).into_iter();
    let groups: Vec<Nodegroup> =
        groups.map(|(_, it)| records::read(&it.document)).collect::<Result<_, _>>()?;
    let addons = app.service.records.list(Kind::Addon, &cluster.name);
    let in_use = app.service.account.in_use(&cluster.name).await;
    let in_use = in_use.map_err(|error| EksError::new(Exception::Server, error.to_string()))?;
    let facts =
        Facts { cluster, groups: &groups, addons: &addons, in_use: in_use.as_ref(), at, now: seconds(now()) };
    Ok(facts.insights())
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
