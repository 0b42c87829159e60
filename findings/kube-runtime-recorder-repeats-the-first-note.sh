#!/usr/bin/env bash
# The recorder of Events of kube-runtime (kube 5.0.0) sends the first note when an Event is published again with another.
#
# Recorder::publish tells Events apart by their reason, action and object, not by their note, and counts one up that comes
# again. For that it sends the Event from its cache with a new count: the note of the second call is dropped. An operator
# that says how long it has been waiting, or for how many, shows the first number for ever.
#
# Seen: "published: 4 healthy, 3 healthy, 2 healthy; sent: 4 healthy, 4 healthy, 4 healthy".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding --edition 2024 .
cargo add --quiet kube@=5.0.0 --no-default-features --features client,runtime
cargo add --quiet k8s-openapi@0.29 --no-default-features --features std,v1_34
cargo add --quiet tokio@1 --features full,test-util
cargo add --quiet tower@0.5 --features util
cargo add --quiet http@1 http-body@1 http-body-util@0.1 futures@0.3 bytes@1
cargo add --quiet serde_json@1
cat > src/main.rs <<'RUST'
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::client::Body;
use kube::runtime::events::{Event, EventType, Recorder};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

const MADE: &str = r#"{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"a"},"eventTime":null}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = sent.clone();
    let server = tower::service_fn(move |request: Request<Body>| {
        let seen = seen.clone();
        async move {
            let body = request.into_body().collect().await.expect("a body").to_bytes();
            let event: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            seen.lock().expect("a lock").push(event["note"].as_str().unwrap_or_default().to_owned());
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(MADE.as_bytes()))))
        }
    });
    let recorder = Recorder::new(Client::new(server, "default"), "finding".into());
    let pod = ObjectReference {
        kind: Some("Pod".into()),
        name: Some("a".into()),
        namespace: Some("default".into()),
        ..ObjectReference::default()
    };
    let published = ["4 healthy", "3 healthy", "2 healthy"];
    for note in published {
        let event = Event {
            type_: EventType::Warning,
            reason: "Waiting".into(),
            note: Some(note.into()),
            action: "Evict".into(),
            secondary: None,
        };
        recorder.publish(&event, &pod).await.expect("it is taken");
    }
    println!("published: {}; sent: {}", published.join(", "), sent.lock().expect("a lock").join(", "));
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = "published: 4 healthy, 3 healthy, 2 healthy; sent: 4 healthy, 4 healthy, 4 healthy" ] ||
    { echo "it behaves otherwise now" >&2; exit 1; }
