//! Parses Jobs and CronJobs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::annotations;
use super::super::wrong::{forbidden, invalid, required};
use super::pod::{FOR_EVER, For, template};
use super::{Reader, raw};
use crate::yaml::Field;
use replank_world::object::{
    CronJob, FailureAction, FailureOn, FailureRule, Job, Meta, Overlap, PodReplacement,
};
use replank_world::time::Span;
use replank_world::vocab::schedule::Schedule;

const HOLDER: &str = "JobSpec";

/// Parses a `Job`.
pub(super) fn job(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Job {
    let spec = root.get("spec");
    if !spec.get("selector").is_absent() && spec.get("manualSelector").value() != Some(&true.into()) {
        let detail = "`selector` not auto-generated";
        reader.wrong.push(invalid(&spec.get("selector"), detail));
    }
    let policy = For { restarts: &["OnFailure", "Never"], ..FOR_EVER };
    let template = template(&spec.get("template"), &policy, reader);
    let parallelism = reader.count(&spec.get("parallelism"), HOLDER, "int32");
    let completions = reader.count(&spec.get("completions"), HOLDER, "int32");
    let mode = spec.get("completionMode");
    let indexed = reader.one_of(&mode, HOLDER, &["Indexed", "NonIndexed"]) == Some("Indexed");
    if indexed && completions.is_none() {
        reader.wrong.push(required(&spec.get("completions"), "when completion mode is Indexed"));
    }
    let failures = spec.get("podFailurePolicy");
    let words = ["Failed", "TerminatingOrFailed"];
    let replacement = match reader.one_of(&spec.get("podReplacementPolicy"), HOLDER, &words) {
        Some("Failed") => PodReplacement::Failed,
        Some(_) => PodReplacement::TerminatingOrFailed,
        None if failures.is_absent() => PodReplacement::TerminatingOrFailed,
        None => PodReplacement::Failed,
    };
    let per_index = spec.get("backoffLimitPerIndex");
    let backoff_per_index = reader.count(&per_index, HOLDER, "int32");
    if backoff_per_index.is_some() && !indexed {
        reader.wrong.push(invalid(&per_index, "requires indexed completion mode"));
    }
    // With a limit for each index the one for all is out of the way unless it is given.
    let backoff = if backoff_per_index.is_some() { i64::from(i32::MAX) } else { 6 };
    Job {
        meta,
        parallelism: parallelism.unwrap_or(1),
        // Without both it is a single pod; with parallelism alone it ends with the first success.
        completions: completions.or(if parallelism.is_none() { Some(1) } else { None }),
        backoff_limit: reader.count(&spec.get("backoffLimit"), HOLDER, "int32").unwrap_or(backoff),
        replacement,
        failure_policy: failure_policy(&failures, reader),
        backoff_per_index,
        failed_indexes_max: reader.count(&spec.get("maxFailedIndexes"), HOLDER, "int32"),
        deadline: reader.count(&spec.get("activeDeadlineSeconds"), HOLDER, "int64").map(Span::secs),
        ttl: reader.count(&spec.get("ttlSecondsAfterFinished"), HOLDER, "int32").map(Span::secs),
        indexed,
        suspended: reader.flag(&spec.get("suspend"), HOLDER).unwrap_or(false),
        work: annotations::delay(&template.annotations, annotations::RUNS)
            .map(replank_world::rng::Delay::typical),
        template: Arc::new(template),
        succeeded: 0,
        failed: 0,
        completed: BTreeSet::new(),
        failed_indexes: BTreeSet::new(),
        index_failures: BTreeMap::new(),
        failures: (0, None),
        started_at: None,
        suspension: None,
        end: None,
        ended_at: None,
        made: 0,
        raw: raw(root),
    }
}

/// Parses the rules of `podFailurePolicy`.
fn failure_policy(field: &Field<'_>, reader: &mut Reader<'_>) -> Vec<FailureRule> {
    const HOLDER: &str = "PodFailurePolicyRule";
    let rules = reader.items(&field.get("rules"), "PodFailurePolicy", "[]v1.PodFailurePolicyRule");
    let mut policy = Vec::new();
    for rule in rules {
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"];
        let action = match reader.one_of(&rule.get("action"), HOLDER, &actions) {
            Some("FailIndex") => FailureAction::FailIndex,
            Some("FailJob") => FailureAction::FailJob,
            Some("Ignore") => FailureAction::Ignore,
            Some(_) | None => FailureAction::Count,
        };
        let codes = rule.get("onExitCodes");
        let on = if codes.is_absent() {
            let conditions = rule.get("onPodConditions").items();
            let is_true = |one: &&Field<'_>| one.get("status").text().is_none_or(|status| status == "True");
            let kinds =
                conditions.iter().filter(is_true).filter_map(|one| one.get("type").text().map(Arc::from));
            FailureOn::Conditions(kinds.collect())
        } else {
            let operator = reader.one_of(
                &codes.get("operator"),
                "PodFailurePolicyOnExitCodesRequirement",
                &["In", "NotIn"],
            );
            let values = codes.get("values").items();
            let values = values.iter().filter_map(|code| code.value()?.as_i64()).collect();
            FailureOn::ExitCodes { not_in: operator == Some("NotIn"), values }
        };
        policy.push(FailureRule { action, on });
    }
    policy
}

/// Parses a `CronJob`.
pub(super) fn cron_job(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> CronJob {
    const HOLDER: &str = "CronJobSpec";
    let spec = root.get("spec");
    let field = spec.get("schedule");
    let schedule = reader.required(&field, HOLDER);
    if !schedule.is_empty()
        && let Err(detail) = Schedule::read(&schedule)
    {
        reader.wrong.push(invalid(&field, &detail));
    }
    let policies = ["Allow", "Forbid", "Replace"];
    let overlap = reader.one_of(&spec.get("concurrencyPolicy"), HOLDER, &policies);
    let template = spec.get("jobTemplate");
    if !template.get("metadata").get("name").is_absent() && template.get("spec").is_absent() {
        reader.wrong.push(forbidden(&template.get("metadata").get("name"), "a Job template has no name"));
    }
    let inner = Meta { annotations: Arc::default(), finalizers: Vec::new(), ..meta.clone() };
    CronJob {
        job: Box::new(job(&template, inner, reader)),
        meta,
        schedule,
        suspended: reader.flag(&spec.get("suspend"), HOLDER).unwrap_or(false),
        overlap: match overlap {
            Some("Forbid") => Overlap::Forbid,
            Some("Replace") => Overlap::Replace,
            Some(_) | None => Overlap::Allow,
        },
        made: 0,
        scheduled_at: None,
        succeeded_at: None,
        raw: raw(root),
    }
}
