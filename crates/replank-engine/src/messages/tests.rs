//! Exact texts: what is said of every sample, against the files in `texts/`.
//!
//! A text that changes on purpose is written anew with `UPDATE_SNAPSHOTS=1`; these files are what a user reads.

use std::fmt::Write;

use replank_core::action::{
    Action, CloudAction, ClusterAction, Leftovers, MarkNode, Marking, PodId, Replace,
};
use replank_core::names::{ObjectName, Uid};
use replank_core::node_group::event::{Event, Measured};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::plan::{About, Finding, JobEffect, JobLoss};
use replank_core::node_group::rollout::Stage;
use replank_core::node_group::spec::{Batch, Increment, Spec, Strategy};
use replank_core::observed::{Answer, Refused, TemplateContent};
use replank_core::pod_rules::LossKind;

use super::samples::{at, facts, failures, now, problems, sizes, waits};
use super::*;
use crate::reference;
use crate::serialized::{Kind, SerializedForm, camel, v1};
use crate::tests::world::spec;

#[test]
fn waits_read_as_written() {
    let mut out = String::new();
    for wait in waits() {
        writeln!(out, "{}", describe(&wait, now())).unwrap();
        if let Some(advice) = advice(&wait) {
            writeln!(out, "  {advice}").unwrap();
        }
    }
    same(&out, "waits");
}

#[test]
fn problems_and_failures_read_as_written() {
    let mut out = String::new();
    for found in problems() {
        writeln!(out, "{}\n  {}", problem(&found, now()), problem_advice(&found)).unwrap();
    }
    for found in failures() {
        writeln!(out, "{}: {}", code(found.code), failure(&found, &"default".into())).unwrap();
        writeln!(out, "  {}", failure_detail(&found)).unwrap();
    }
    same(&out, "problems");
}

#[test]
fn facts_read_as_written() {
    let mut out = String::new();
    for event in facts() {
        let Event { at, fact: found } = event;
        writeln!(out, "{} {}", clock(at, now()), fact(&found)).unwrap();
    }
    same(&out, "facts");
}

#[test]
fn acts_and_answers_read_as_written() {
    let mut out = String::new();
    for found in acts() {
        writeln!(out, "{}", act(&found)).unwrap();
    }
    for found in answers() {
        writeln!(out, "{}", answer(&found)).unwrap();
    }
    same(&out, "acts");
}

#[test]
fn plans_read_as_written() {
    let mut out = String::new();
    for about in abouts() {
        let found = Finding {
            pod: ObjectName::new("shop", "cart-0"),
            node: "ip-10-0-1-1".into(),
            about,
            owner: None,
        };
        writeln!(out, "{}", finding(&found)).unwrap();
        if let Some(advice) = finding_advice(&found) {
            writeln!(out, "  {advice}").unwrap();
        }
    }
    let kinds: Vec<_> = abouts().iter().map(|about| v1::About::of(about).kind()).collect();
    covers(&kinds, v1::About::KINDS);
    let rows = [
        (Batch::Count(1), 3, 3, 1),
        (Batch::Count(5), 9, 2, 2),
        (Batch::Count(9), 9, 1, 1),
        (Batch::Percent(33), 9, 9, 2),
        (Batch::Percent(1), 9, 9, 1),
        (Batch::Percent(50), 450, 450, 100),
    ];
    for (rule, desired, old, batch) in rows {
        let spec = Spec { batch: rule, ..spec() };
        writeln!(out, "{}", batch_reason(&spec, &measured(desired, old, batch))).unwrap();
    }
    for strategy in [Strategy::Default, Strategy::Minimal, Strategy::Replace] {
        for increment in [Increment::Smallest, Increment::Ceiling] {
            let spec = Spec { strategy, increment, ..spec() };
            writeln!(out, "{}", increment_reason(&spec, &measured(3, 3, 1))).unwrap();
            writeln!(out, "{}", increment_reason(&spec, &measured(9, 9, 1))).unwrap();
        }
    }
    writeln!(out, "{}", increment_reason(&spec(), &measured(3, 0, 1))).unwrap();
    same(&out, "plan");
}

fn measured(desired: u32, old: u32, batch: u32) -> Measured {
    let (previous_version, target_version) = (1, 2);
    let (original, zones, taints) = (sizes(desired), [].into(), Vec::new());
    Measured {
        original,
        previous_version,
        target_version,
        old,
        batch,
        increment: 3,
        ceiling: 6,
        zones,
        taints,
    }
}

/// Pods that one budget holds are one line by owner; others stay by themselves.
#[test]
fn findings_are_told_by_owner() {
    let failed = || About::BudgetFailed { budget: ObjectName::new("db", "pg"), message: "no scale".into() };
    let of = |name: &str, owner: Option<&str>, about| Finding {
        pod: ObjectName::new("db", name),
        node: "ip-10-0-1-1".into(),
        about,
        owner: owner.map(Into::into),
    };
    let cluster = Some("Cluster db/pg");
    let found = [
        of("pg-1", cluster, failed()),
        of("pg-2", cluster, failed()),
        of("lone", None, failed()),
        of("pg-3", cluster, About::NotReady),
    ];
    let lines: Vec<String> = findings(&found).into_iter().map(|(line, _)| line).collect();
    let what = "cannot be evicted: the numbers of budget db/pg cannot be worked out (no scale)";
    assert_eq!(
        lines,
        [
            format!("2 pods of Cluster db/pg (db/pg-1, db/pg-2) {what}"),
            format!("pod db/lone on node ip-10-0-1-1 {what}"),
            "pod db/pg-3 on node ip-10-0-1-1 is not Ready, so its budget may allow no disruption".to_owned(),
        ]
    );
}

fn abouts() -> Vec<About> {
    let budget = || ObjectName::new("shop", "cart");
    let never = |desired, expected| About::BudgetNever {
        budget: budget(),
        rule: "minAvailable: 1".into(),
        desired,
        expected,
    };
    vec![
        never(1, 1),
        never(0, 0),
        About::BudgetFailed { budget: budget(), message: "found no controllers".into() },
        About::ManyBudgets { budgets: vec![ObjectName::new("shop", "all"), budget()] },
        About::NoPlace { message: "0/3 nodes are available: 3 Insufficient cpu.".into() },
        About::ToleratesAll,
        About::ToleratesCordon,
        About::ComesBack,
        About::Loses(LossKind::Pod),
        About::Loses(LossKind::EmptyDir),
        About::Loses(LossKind::PodAndEmptyDir),
        About::LossRefused(LossKind::Pod),
        About::LossRefused(LossKind::EmptyDir),
        About::LossRefused(LossKind::PodAndEmptyDir),
        About::JobInterrupted,
        About::JobEvicted(JobLoss {
            job: "report".into(),
            effect: JobEffect::Counts,
            rule: None,
            exit_code: None,
            failures: 1,
            limit: 6,
            index: None,
        }),
        About::JobWaitedFor,
        About::Hanging { finalizers: vec!["example.com/backup".into()] },
        About::NotReady,
        stalls(&[], None),
        stalls(&["cart-1"], None),
        stalls(&["cart-1"], Some("0/3 nodes are available: 3 Insufficient cpu.")),
        About::BudgetUnsynced { budget: budget() },
        About::EvictionRefused { message: "webhook guard.example.com: not today".into() },
        About::WouldHang { finalizers: vec!["example.com/backup".into()] },
        About::WouldHang { finalizers: Vec::new() },
        About::StopsTooSlowly { grace_seconds: 3600 },
        About::JobOutlasts { job: "report".into() },
    ]
}

fn stalls(unhealthy: &[&str], message: Option<&str>) -> About {
    About::BudgetStalls {
        budget: ObjectName::new("shop", "cart"),
        rule: "minAvailable: 2".into(),
        healthy: 1,
        desired: 2,
        unhealthy: unhealthy.iter().map(|name| ObjectName::new("shop", *name)).collect(),
        message: message.map(Into::into),
    }
}

#[test]
fn phases_bear_the_names_of_eks() {
    let phases =
        [Phase::Setup, Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown, Phase::Restore];
    let names = ["Setup", "Scale up", "Guard", "Upgrade", "Scale down", "Restore"];
    assert_eq!(phases.map(phase), names);
    let stages = [Stage::Draining, Stage::Forcing { since: at(1) }, Stage::Deregistering { since: at(1) }];
    assert_eq!(stages.map(stage), ["draining", "forcing", "drained"]);
}

#[test]
fn there_is_a_sample_of_every_kind() {
    let waits: Vec<_> = waits().iter().map(|wait| v1::On::of(&wait.on).kind()).collect();
    covers(&waits, v1::On::KINDS);
    let problems: Vec<_> = problems().iter().map(|problem| v1::Problem::of(problem).kind()).collect();
    covers(&problems, v1::Problem::KINDS);
    let whys: Vec<_> = failures().iter().map(|failure| v1::Why::of(&failure.why).kind()).collect();
    covers(&whys, v1::Why::KINDS);
}

#[test]
fn the_pages_name_every_kind() {
    let page = reference::waits_page();
    assert_eq!(page.matches("\n## `").count(), v1::On::KINDS.len());
    assert!(page.contains("## `budgetNever`"), "{page}");
    assert_eq!(reference::problems_page().matches("\n## `").count(), v1::Problem::KINDS.len());
    let page = reference::events_page();
    assert_eq!(page.matches("\n### `").count(), v1::Fact::KINDS.len());
    assert!(page.contains(r#"{"at":"2026-11-21T12:05:00Z","fact":{"missing":{"nodes":3}}}"#), "{page}");
}

/// Every kind has a sample, and samples of a kind stand together.
fn covers(found: &[&str], kinds: &[&str]) {
    let mut runs = found.to_vec();
    runs.dedup();
    let mut sorted = (runs.clone(), kinds.to_vec());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    assert_eq!(sorted.0, sorted.1);
}

fn same(said: &str, name: &str) {
    let path = format!("{}/src/messages/texts/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    for (number, (said, written)) in said.lines().zip(written.lines()).enumerate() {
        assert_eq!(said, written, "line {}", number + 1);
    }
    assert_eq!(said.lines().count(), written.lines().count(), "said:\n{said}");
}

fn acts() -> Vec<Action> {
    let pod = || PodId { name: ObjectName::new("shop", "cart-0"), uid: Uid(1) };
    let mark = |guard, cordon, exclude, keep| {
        let (node, instance) = ("ip-10-0-1-1".into(), "i-0a1".into());
        let marks = Marking { guard, cordon, exclude, keep };
        Action::Cluster(ClusterAction::Mark(MarkNode { node, uid: Uid(2), instance, marks }))
    };
    let terminate = |replace, leftovers, with| {
        let (instance, node) = ("i-0a1".into(), Some("ip-10-0-1-1".into()));
        Action::Cloud(CloudAction::Terminate { instance, node, replace, leftovers, with })
    };
    let content = TemplateContent { image: "ami-0f".into(), settings: "".into() };
    vec![
        Action::Cloud(CloudAction::CreateVersion { template: "lt-0f".into(), content, token: "u-1".into() }),
        Action::Cloud(CloudAction::PointGroup { from: 1, to: 2 }),
        Action::Cloud(CloudAction::SetSizes { from: sizes(3), to: sizes(6) }),
        mark(Some(true), None, None, None),
        mark(None, Some(true), Some(true), None),
        mark(None, None, None, Some(true)),
        mark(Some(false), Some(false), Some(false), Some(false)),
        Action::Cluster(ClusterAction::Cordon { node: "ip-10-0-1-1".into(), uid: Uid(2) }),
        Action::Cluster(ClusterAction::Evict { pod: pod(), grace_seconds: None }),
        Action::Cluster(ClusterAction::Evict { pod: pod(), grace_seconds: Some(30) }),
        Action::Cluster(ClusterAction::Delete { pod: pod() }),
        terminate(Replace::Yes, Leftovers::None, vec![]),
        terminate(Replace::No, Leftovers::Doomed, vec![]),
        terminate(Replace::Yes, Leftovers::Doomed, vec![pod()]),
    ]
}

fn answers() -> Vec<Answer> {
    let refused = [
        Refused::Budget {
            message: "The disruption budget cart needs 1 healthy pods and has 1 currently".to_owned(),
        },
        Refused::BudgetUnsynced { retry_after_seconds: 10 },
        Refused::ManyBudgets { budgets: vec![] },
        Refused::ManyBudgets {
            budgets: vec![ObjectName::new("shop", "all"), ObjectName::new("shop", "cart")],
        },
        Refused::Throttled { retry_after_seconds: 1 },
        Refused::Webhook { webhook: "guard.example.com".to_owned(), message: "no".to_owned() },
        Refused::Occupied { pod: ObjectName::new("shop", "cart-0") },
        Refused::Changed { message: "the object has been modified".to_owned() },
        Refused::Other { message: "etcdserver: leader changed".to_owned() },
    ];
    let others = [
        Answer::Done,
        Answer::Impossible("nodes is forbidden".to_owned()),
        Answer::CannotTell("no answer within 35 s".to_owned()),
    ];
    others.into_iter().chain(refused.into_iter().map(Answer::NotYet)).collect()
}

#[test]
fn kinds_are_called_in_pages_as_in_json() {
    let tag = |value: serde_json::Value| match value {
        serde_json::Value::String(tag) => tag,
        serde_json::Value::Object(one) => one.keys().next().cloned().unwrap_or_default(),
        other => panic!("{other}"),
    };
    for wait in waits() {
        let on = v1::On::of(&wait.on);
        assert_eq!(camel(on.kind()), tag(serde_json::to_value(&on).unwrap()));
    }
    for event in facts() {
        let fact = v1::Fact::of(&event.fact);
        assert_eq!(camel(fact.kind()), tag(serde_json::to_value(&fact).unwrap()));
    }
}
