//! The report of every turn of an update: it adds up, and it is written as documented.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use replank_core::names::ObjectName;
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::plan::NoNode;
use replank_core::node_group::problem::{KeptBecause, Outcome};
use replank_core::node_group::rollout::{End, GiveBack, Stage, Wishes};
use replank_core::node_group::wait::On;

use super::world::{World, started};
use crate::block::block_on;
use crate::messages::samples::{self, at};
use crate::probe::Pass;
use crate::report::wire::ReportJson;
use crate::report::{Counts, NodeInWork, NodeProgress, Report, roster};
use crate::run::{Ended, Face, run};
use crate::turn::{Settings, Turned};

/// Checks every report and collects the places of nodes.
#[derive(Default)]
struct Auditor {
    places: BTreeSet<&'static str>,
}

impl Face for Auditor {
    fn show(&mut self, turned: &Turned<'_>) {
        let report = turned.report();
        let counts = report.counts;
        assert_eq!(counts.in_work as usize, report.nodes.len());
        assert!(report.original.is_some() || report.phase == Phase::Setup);
        let rows = roster(turned.rollout, turned.seen);
        let old = rows.iter().filter(|row| row.version == 1 && row.place != NodeProgress::Leaving);
        let leaving =
            report.nodes.iter().filter(|node| matches!(node.stage, Stage::Terminating { .. })).count();
        assert!(counts.old as usize <= old.count(), "{counts:?}");
        assert!(leaving <= report.nodes.len());
        assert_eq!(
            rows.len() as u32,
            counts.old + counts.ready + counts.joining + counts.leaving,
            "{counts:?}"
        );
        for row in &rows {
            self.places.insert(match row.place {
                NodeProgress::Old => "old",
                NodeProgress::Joining => "joining",
                NodeProgress::Closed => "closed",
                NodeProgress::New => "new",
                NodeProgress::InWork(stage) => crate::messages::stage(stage),
                NodeProgress::Leaving => "leaving",
            });
        }
    }
}

#[test]
fn reports_add_up() {
    let world = World::of_three();
    let (mut journal, recorded) = started();
    let mut updates = [world.update(recorded)];
    let (mut face, clock) = (Auditor::default(), world.clone());
    let ended = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face);
    assert_eq!(block_on(ended).unwrap(), Ended::Over);
    let places = ["drained", "draining", "joining", "new", "old", "terminating"];
    assert_eq!(face.places, BTreeSet::from(places));
}

/// An update that failed while it was paused, with one of everything.
fn report() -> Report {
    let wishes = Wishes { paused: Some(GiveBack::Yes), ..Wishes::default() };
    let node = NodeInWork {
        instance: "i-0b1".into(),
        node: Some("ip-10-0-1-1.us-west-2.compute.internal".into()),
        zone: "us-west-2a".into(),
        purpose: Purpose::Replace,
        stage: Stage::Draining,
        since: at(16),
        until: Some(at(31)),
        pods_left: 2,
    };
    Report {
        at: samples::now(),
        update: "u-1".into(),
        cluster: "eks-workshop".into(),
        group: "default".into(),
        release: "1.32.9-20251101".to_owned(),
        version: "1.32".to_owned(),
        started_at: at(1),
        phase: Phase::Upgrade,
        phase_since: at(10),
        sizes: Some(samples::sizes(6)),
        original: Some(samples::sizes(3)),
        batch: Some(1),
        increment: Some(3),
        counts: Counts { old: 3, in_work: 1, ready: 3, ..Counts::default() },
        nodes: vec![node],
        waits: samples::waits().into_iter().filter(|wait| matches!(wait.on, On::Budget(_))).take(1).collect(),
        problems: samples::problems().into_iter().take(1).collect(),
        failure: samples::failures().into_iter().next(),
        end: Some(End {
            outcome: Outcome::Failed,
            at: at(18),
            unrestored: None,
            kept: Some(KeptBecause::Growing),
        }),
        unplaced: vec![NoNode {
            pod: ObjectName::new("shop", "web-1"),
            why: "0/3 nodes are available: 3 Insufficient cpu.".into(),
            lasted: SignedDuration::from_mins(2),
            as_before: false,
        }],
        wishes,
        force: false,
        wake_at: Some(at(31)),
    }
}

#[test]
fn a_report_is_written_as_documented() {
    let written = serde_json::to_string_pretty(&ReportJson::from(&report())).unwrap();
    assert_eq!(written, include_str!("report.json").trim_end(), "{written}");
}

#[test]
fn a_report_is_read_as_it_was_written() {
    let written = ReportJson::from(&report());
    let text = serde_json::to_string(&written).unwrap();
    assert_eq!(serde_json::from_str::<ReportJson>(&text).unwrap(), written);
}

/// A client may be older than its server.
#[test]
fn what_only_a_newer_version_knows_is_passed_on_as_it_is() {
    let mut newer = serde_json::to_value(ReportJson::from(&report())).unwrap();
    newer["waits"][0]["on"] = serde_json::json!({ "tides": { "high": 3 } });
    newer["failure"]["why"] = serde_json::json!("leak");
    newer["problems"][0]["problem"] = serde_json::json!({ "fog": null });
    let read: ReportJson = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap().to_string(), newer.to_string());
}
