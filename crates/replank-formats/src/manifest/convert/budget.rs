//! Parses disruption budgets and services.

use std::collections::BTreeMap;

use super::super::wrong::{invalid, required};
use super::selector::label_selector;
use super::{Reader, raw};
use crate::yaml::Field;
use replank_world::object::{Budget, BudgetStatus, Keep, Meta, Service, UnhealthyPolicy};
use replank_world::vocab::selector::Selector;

/// Parses a `PodDisruptionBudget`.
pub(super) fn budget(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Budget {
    const HOLDER: &str = "PodDisruptionBudgetSpec";
    let spec = root.get("spec");
    let (kept, away) = (spec.get("minAvailable"), spec.get("maxUnavailable"));
    if !kept.is_absent() && !away.is_absent() {
        reader.wrong.push(invalid(&spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    let (min_available, max_unavailable) = (reader.amount(&kept, HOLDER), reader.amount(&away, HOLDER));
    let keep = match (min_available, max_unavailable) {
        (Some(amount), _) => Keep::MinAvailable(amount),
        (None, Some(amount)) => Keep::MaxUnavailable(amount),
        (None, None) => Keep::Unset,
    };
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    let policy = reader.one_of(&spec.get("unhealthyPodEvictionPolicy"), HOLDER, &policies);
    Budget {
        meta,
        selector: label_selector(&spec.get("selector"), reader),
        keep,
        unhealthy: match policy {
            Some("AlwaysAllow") => UnhealthyPolicy::AlwaysAllow,
            Some(_) | None => UnhealthyPolicy::IfHealthyBudget,
        },
        status: BudgetStatus::default(),
        raw: raw(root),
    }
}

/// Parses a `Service`.
pub(super) fn service(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Service {
    const HOLDER: &str = "ServiceSpec";
    let spec = root.get("spec");
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    let kind = reader.one_of(&spec.get("type"), HOLDER, &kinds).unwrap_or("ClusterIP");
    let ports = spec.get("ports");
    let items = reader.items(&ports, HOLDER, "[]v1.ServicePort");
    let headless = spec.get("clusterIP").text() == Some("None");
    if items.is_empty() && kind != "ExternalName" && !headless {
        reader.wrong.push(required(&ports, ""));
    }
    reader.unique(&items, "name");
    for item in &items {
        let port = item.get("port");
        if port.is_absent() {
            reader.wrong.push(required(&port, ""));
        }
        reader.port(&port, "ServicePort");
        reader.one_of(&item.get("protocol"), "ServicePort", &["SCTP", "TCP", "UDP"]);
        if items.len() > 1 && item.get("name").is_absent() {
            reader.wrong.push(required(&item.get("name"), ""));
        }
    }
    let labels = reader.labels(&spec.get("selector"), HOLDER);
    Service {
        meta,
        selector: (!labels.is_empty()).then(|| Selector::of_labels(&labels)),
        publishes_unready: reader.flag(&spec.get("publishNotReadyAddresses"), HOLDER).unwrap_or(false),
        endpoints: BTreeMap::new(),
        raw: raw(root),
    }
}
