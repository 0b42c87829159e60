//! Every answer is written byte for byte as clients know it, and read back.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let read: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

const REPORT: &str = concat!(
    r#"{"format":2,"at":"2026-11-30T09:00:00Z","update":"u","cluster":"c","group":"g","release":"r","version":"1.34","#,
    r#""startedAt":"2026-11-30T08:00:00Z","phase":"scaleUp","phaseSince":"2026-11-30T08:10:00Z","sizes":null,"#,
    r#""original":{"min":1,"desired":2,"max":3},"batch":1,"increment":null,"#,
    r#""counts":{"old":2,"inWork":0,"ready":0,"closed":0,"joining":1,"leaving":0,"replaced":0,"removed":0},"#,
    r#""nodes":[{"instance":"i-1","node":"n","zone":"z","purpose":"excess","stage":"drained","#,
    r#""since":"2026-11-30T08:20:00Z","until":null,"podsLeft":1}],"#,
    r#""waits":[{"text":"waits","advice":null,"node":"n","on":{"tides":{"high":3}},"since":null,"again":null,"until":null}],"#,
    r#""problems":[{"text":"p","advice":"a","problem":{"fog":null}}],"failure":null,"end":null,"unplaced":[],"#,
    r#""wishes":{"paused":"uncordoned","cancelled":null,"restoreTarget":true,"forced":false},"force":false,"wakeAt":null}"#,
);

#[test]
fn updates_are_written_as_ever() {
    let recorded = r#""type":"VersionUpdate","status":"InProgress","createdAtWall":"2026-11-30T08:00:00Z","#;
    let recorded =
        format!(r#"{recorded}"params":[{{"type":"Version","value":"1.34"}}],"errors":[{{"errorCode":"E","#);
    let recorded = format!(r#"{recorded}"errorMessage":"m","resourceIds":["i-1"]}}]"#);
    for text in [
        format!(
            r#"{{"update":"u","cluster":"c","nodegroup":"g","createdAt":"2026-11-30T08:00:00Z",{recorded},"report":{REPORT}}}"#
        ),
        format!(
            r#"{{"update":"u","cluster":"c","nodegroup":null,"createdAt":null,{recorded},"report":null}}"#
        ),
        format!(
            r#"{{"update":"u","cluster":"c","nodegroup":"g","createdAt":"2026-11-30T08:00:00Z","report":{REPORT}}}"#
        ),
        r#"{"update":"u","cluster":null,"nodegroup":null,"createdAt":null,"report":null}"#.to_owned(),
        format!(
            r#"{{"update":"u","cluster":"c","nodegroup":"g","createdAt":"2026-11-30T08:00:00Z",{recorded},"report":null,"waited":[{{"seconds":7,"times":2,"what":"w"}}]}}"#
        ),
    ] {
        holds::<UpdateAnswer>(&text);
        holds::<UpdatesAnswer>(&format!(r#"{{"updates":[{text}]}}"#));
    }
}

#[test]
fn lines_and_events_are_written_as_ever() {
    let line =
        r#"{"at":"2026-11-30T08:00:00Z","group":"g","type":"update","text":"t","number":3,"factNumber":1,"#;
    let line = format!(r#"{line}"fact":{{"entered":{{"phase":"setup"}}}}}}"#);
    let plain = r#"{"at":"2026-11-30T08:00:00Z","group":"g","type":"wait","text":"t","number":4}"#;
    for begun in ["null", r#""2026-11-30T08:00:00Z""#] {
        holds::<LinesAnswer>(&format!(
            r#"{{"update":"u","run":"r","begun":{begun},"lines":[{line},{plain}],"next":5,"lost":0,"over":false}}"#
        ));
    }
    let event = r#"{"at":"2026-11-30T08:00:00Z","fact":{"entered":{"phase":"setup"}},"text":"t"}"#;
    holds::<HistoryAnswer>(&format!(r#"{{"update":"u","events":[{event}]}}"#));
}

#[test]
fn lists_and_short_answers_are_written_as_ever() {
    holds::<ClustersAnswer>(
        r#"{"clusters":[{"name":"c","version":"1.34","platformVersion":"eks.1","status":"ACTIVE","nodegroups":2}]}"#,
    );
    holds::<NodesAnswer>(concat!(
        r#"{"nodes":[{"name":null,"instance":"i-1","nodegroup":"g","zone":"z","status":"Ready","release":"r","#,
        r#""kubelet":"v1","pods":3,"cluster":"c"}]}"#,
    ));
    holds::<ImagesAnswer>(
        r#"{"images":[{"id":"ami-1","kind":"K","minor":"1.34","release":"r","published":"2026-11-30"}]}"#,
    );
    holds::<BegunAnswer>(r#"{"update":"u","cluster":"c","nodegroup":"g"}"#);
    holds::<CommandAnswer>(r#"{"update":"u","accepted":"pause"}"#);
    holds::<TimeAnswer>(r#"{"now":"n","wall":"w","speed":60.0,"paused":false}"#);
    holds::<ActAnswer>(r#"{"done":"d"}"#);
    holds::<LinkAnswer>(r#"{"path":"/p","seconds":3600}"#);
    holds::<UpdateNodesAnswer>(concat!(
        r#"{"update":"u","nodes":[{"instance":"i-1","node":null,"zone":"z","place":"joining","pods":0}],"#,
        r#""budgets":[{"budget":"a/b","rule":"minAvailable: 1","healthy":2,"desired":1,"expected":2,"allowed":1,"lowest":1}]}"#,
    ));
    holds::<UpdateNodesAnswer>(r#"{"update":"u","nodes":null,"budgets":[]}"#);
    holds::<ErrorAnswer>(r#"{"code":"NotFound","message":"m"}"#);
}

/// A client may be older than its server.
#[test]
fn members_that_a_client_does_not_know_are_passed_over() {
    let newer = r#"{"update":"u","cluster":"c","nodegroup":"g","tide":3}"#;
    assert_eq!(serde_json::from_str::<BegunAnswer>(newer).unwrap().update, "u");
    let newer = format!(r#"{{"update":"u","cluster":"c","nodegroup":"g","tide":3,"report":{REPORT}}}"#);
    assert!(serde_json::from_str::<UpdateAnswer>(&newer).unwrap().is_running());
}
