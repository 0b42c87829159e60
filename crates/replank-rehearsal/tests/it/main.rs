//! Worlds made from texts, with everything that acts in them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod autoscaler;
mod contents;
mod gates;
mod operators;
mod zones;

use jiff::Timestamp;
use replank_formats::snapshot::Snapshot;
use serde_json::Value;

/// A snapshot of these objects, taken when they were a day old.
fn taken(objects: Vec<Value>) -> Snapshot {
    Snapshot {
        taken_at: "2026-01-02T00:00:00Z".parse::<Timestamp>().unwrap(),
        server: "v1.34.4".into(),
        replank: "0.1.0".into(),
        cluster: None,
        anonymized: false,
        objects,
    }
}
