//! Parses the workloads whose pods restart forever: ReplicaSet, Deployment, StatefulSet, DaemonSet.

use std::sync::Arc;

use super::super::wrong::{forbidden, invalid, unsupported};
use super::pod::{FOR_EVER, For, template};
use super::selector::own_selector;
use super::{Reader, raw, volume};
use crate::yaml::Field;
use replank_core::behaviour::Behaviour;
use replank_world::object::{DaemonSet, Deployment, Fate, Meta, PodManagement, ReplicaSet, StatefulSet};
use replank_world::time::Span;
use replank_world::vocab::percent::IntOrPercent;
use replank_world::vocab::selector::Selector;

/// `spec.replicas`, 1 by default.
fn replicas(spec: &Field<'_>, holder: &str, reader: &mut Reader<'_>) -> i64 {
    reader.count(&spec.get("replicas"), holder, "int32").unwrap_or(1)
}

fn min_ready(spec: &Field<'_>, holder: &str, reader: &mut Reader<'_>) -> Span {
    Span::secs(reader.count(&spec.get("minReadySeconds"), holder, "int32").unwrap_or(0))
}

/// Parses a `ReplicaSet`, or a `ReplicationController`, whose selector is a plain map that defaults to the
/// template's labels.
pub(super) fn replica_set(kind: &str, root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> ReplicaSet {
    let (spec, holder) = (root.get("spec"), format!("{kind}Spec"));
    let template = template(&spec.get("template"), &FOR_EVER, reader);
    let field = spec.get("selector");
    let selector = match (kind, field.is_absent()) {
        ("ReplicationController", true) => Selector::of_labels(&template.labels),
        ("ReplicationController", false) => Selector::of_labels(&reader.labels(&field, &holder)),
        _ => own_selector(&field, kind, reader),
    };
    reader.selects(&selector, &template, &spec.get("template"));
    ReplicaSet {
        meta,
        replicas: replicas(&spec, &holder, reader),
        selector,
        template: Arc::new(template),
        min_ready: min_ready(&spec, &holder, reader),
        status: [0; 3],
        terminating: None,
        failure: None,
        is_controller: kind == "ReplicationController",
        revision: 0,
        made: 0,
    }
}

/// Parses a `Deployment`; `maxSurge` and `maxUnavailable` are 25 % by default.
pub(super) fn deployment(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Deployment {
    const HOLDER: &str = "DeploymentSpec";
    /// Default of `progressDeadlineSeconds`, and the value that stands for no deadline.
    const PROGRESS_SECONDS: i64 = 600;
    const NO_DEADLINE: i64 = i32::MAX as i64;
    const QUARTER: IntOrPercent = IntOrPercent::Percent(25);
    let spec = root.get("spec");
    let selector = own_selector(&spec.get("selector"), "Deployment", reader);
    let template = template(&spec.get("template"), &FOR_EVER, reader);
    reader.selects(&selector, &template, &spec.get("template"));
    let strategy = spec.get("strategy");
    let kinds = ["Recreate", "RollingUpdate"];
    let recreate = reader.one_of(&strategy.get("type"), "DeploymentStrategy", &kinds) == Some("Recreate");
    let rolling = strategy.get("rollingUpdate");
    if recreate && !rolling.is_absent() {
        reader.wrong.push(forbidden(&rolling, "may not be specified when strategy `type` is 'Recreate'"));
    }
    let surge = reader.amount(&rolling.get("maxSurge"), "RollingUpdateDeployment").unwrap_or(QUARTER);
    let away_field = rolling.get("maxUnavailable");
    let away = reader.amount(&away_field, "RollingUpdateDeployment").unwrap_or(QUARTER);
    let none = |amount: IntOrPercent| matches!(amount, IntOrPercent::Int(0) | IntOrPercent::Percent(0));
    if !recreate && none(surge) && none(away) {
        reader.wrong.push(invalid(&away_field, "may not be 0 when `maxSurge` is 0"));
    }
    let min_ready = min_ready(&spec, HOLDER, reader);
    let deadline_field = spec.get("progressDeadlineSeconds");
    let seconds = reader.count(&deadline_field, HOLDER, "int32").unwrap_or(PROGRESS_SECONDS);
    let deadline = (seconds != NO_DEADLINE).then(|| Span::secs(seconds));
    if deadline.is_some_and(|deadline| deadline <= min_ready) {
        reader.wrong.push(invalid(&deadline_field, "must be greater than minReadySeconds"));
    }
    Deployment {
        meta,
        replicas: replicas(&spec, HOLDER, reader),
        selector,
        template: Arc::new(template),
        min_ready,
        recreate,
        max_surge: surge,
        max_unavailable: away,
        paused: reader.flag(&spec.get("paused"), HOLDER).unwrap_or(false),
        status: [0; 3],
        updated: 0,
        terminating: None,
        observed: 0,
        progress_deadline: deadline,
        progressing: None,
        available: None,
        failure: None,
        raw: raw(root),
    }
}

/// Parses a `StatefulSet`.
pub(super) fn stateful_set(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> StatefulSet {
    const HOLDER: &str = "StatefulSetSpec";
    let spec = root.get("spec");
    let selector = own_selector(&spec.get("selector"), "StatefulSet", reader);
    let mut claims = Vec::new();
    for item in reader.items(&spec.get("volumeClaimTemplates"), HOLDER, "[]v1.PersistentVolumeClaim") {
        let name = reader.required(&item.get("metadata").get("name"), "ObjectMeta");
        volume::check_claim(&item, reader);
        claims.push((name, raw(&item)));
    }
    let names: Vec<_> = claims.iter().map(|(name, _)| name.clone()).collect();
    let policy = For { claims: &names, ..FOR_EVER };
    let template = template(&spec.get("template"), &policy, reader);
    reader.selects(&selector, &template, &spec.get("template"));
    let management = spec.get("podManagementPolicy");
    let management = match reader.text(&management, HOLDER) {
        Some("Parallel") => PodManagement::Parallel,
        Some("OrderedReady") | None => PodManagement::OrderedReady,
        Some(word) => {
            let detail = format!("must be '{}' or '{}'", "OrderedReady", "Parallel");
            let value = format!("{word:?}");
            reader.wrong.push(super::super::wrong::invalid_value(&management, &value, &detail));
            PodManagement::OrderedReady
        }
    };
    let strategy = spec.get("updateStrategy");
    let on_delete = match reader.text(&strategy.get("type"), "StatefulSetUpdateStrategy") {
        None | Some("RollingUpdate") => false,
        Some("OnDelete") => true,
        Some(_) => {
            reader.wrong.push(invalid(&strategy.get("type"), "must be 'RollingUpdate' or 'OnDelete'"));
            false
        }
    };
    let partition = strategy.get("rollingUpdate").get("partition");
    let partition = reader.count(&partition, "RollingUpdateStatefulSetStrategy", "int32").unwrap_or(0);
    // A server that does not know the field drops it, whatever it holds.
    let away = strategy.get("rollingUpdate").get("maxUnavailable");
    let known = reader.known.version.has(Behaviour::SetMaxUnavailable);
    let max_unavailable = if known { reader.amount(&away, "RollingUpdateStatefulSetStrategy") } else { None };
    if matches!(max_unavailable, Some(IntOrPercent::Int(0) | IntOrPercent::Percent(0))) {
        reader.wrong.push(invalid(&away, "cannot be 0"));
    }
    let policy = spec.get("persistentVolumeClaimRetentionPolicy");
    let mut fate = |when: &str| {
        let words = ["Delete", "Retain"];
        match reader.one_of(&policy.get(when), "StatefulSetPersistentVolumeClaimRetentionPolicy", &words) {
            Some("Delete") => Fate::Delete,
            Some(_) | None => Fate::Retain,
        }
    };
    let (claims_when_deleted, claims_when_scaled) = (fate("whenDeleted"), fate("whenScaled"));
    StatefulSet {
        meta,
        replicas: replicas(&spec, HOLDER, reader),
        first: reader.count(&spec.get("ordinals").get("start"), "StatefulSetOrdinals", "int32").unwrap_or(0),
        selector,
        template: Arc::new(template),
        claims,
        claims_when_deleted,
        claims_when_scaled,
        management,
        min_ready: min_ready(&spec, HOLDER, reader),
        partition: (!on_delete).then_some(partition),
        max_unavailable,
        status: [0; 3],
        raw: raw(root),
    }
}

/// Parses a `DaemonSet`.
pub(super) fn daemon_set(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> DaemonSet {
    let spec = root.get("spec");
    let selector = own_selector(&spec.get("selector"), "DaemonSet", reader);
    let policy = For { tolerates_by_itself: true, ..FOR_EVER };
    let template = template(&spec.get("template"), &policy, reader);
    reader.selects(&selector, &template, &spec.get("template"));
    if !spec.get("replicas").is_absent() {
        let field = spec.get("replicas");
        let text = format!("strict decoding error: unknown field \"{}\"", field.path());
        reader.wrong.push(super::super::wrong::undecodable(&field, text));
    }
    let strategy = spec.get("updateStrategy");
    let kind = strategy.get("type");
    let on_delete = match reader.text(&kind, "DaemonSetUpdateStrategy") {
        None | Some("RollingUpdate") => false,
        Some("OnDelete") => true,
        Some(_) => {
            reader.wrong.push(unsupported(&kind, &["OnDelete", "RollingUpdate"]));
            false
        }
    };
    let away = strategy.get("rollingUpdate").get("maxUnavailable");
    let away = reader.amount(&away, "RollingUpdateDaemonSet").unwrap_or(IntOrPercent::Int(1));
    let surge_field = strategy.get("rollingUpdate").get("maxSurge");
    let surge = reader.amount(&surge_field, "RollingUpdateDaemonSet").unwrap_or(IntOrPercent::Int(0));
    let none = |amount: IntOrPercent| matches!(amount, IntOrPercent::Int(0) | IntOrPercent::Percent(0));
    match (none(away), none(surge)) {
        (false, false) => {
            reader.wrong.push(invalid(&surge_field, "may not be set when maxUnavailable is non-zero"));
        }
        (true, true) => {
            let field = strategy.get("rollingUpdate").get("maxUnavailable");
            reader.wrong.push(super::super::wrong::required(&field, "cannot be 0 when maxSurge is 0"));
        }
        (true, false) | (false, true) => {}
    }
    DaemonSet {
        meta,
        selector,
        template: Arc::new(template),
        max_unavailable: (!on_delete).then_some(away),
        max_surge: surge,
        min_ready: min_ready(&spec, "DaemonSetSpec", reader),
        status: [0; 4],
        rollout: [0; 3],
        observed: 0,
        made: 0,
        raw: raw(root),
    }
}
