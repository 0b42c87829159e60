#!/usr/bin/env bash
# The watcher of kube-runtime (kube 5.0.0) does not tell whoever reads it that the server has fallen silent.
#
# When a watch says nothing for its time and 5 s more (295 s by default), the watcher takes the connection for dead and
# begins the watch again, which is right; it logs that at debug level and yields nothing, and it yields no bookmarks
# either. So 20 minutes in which the server says nothing, not even a bookmark, look like 20 minutes in which nothing
# changed, and a reader that must not act on an old reading cannot know.
#
# Seen: "5 watches without a word in 20 min, 0 errors". The clock is tokio's and paused: it takes no time.
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
cat > src/main.rs <<'RUST'
use bytes::Bytes;
use futures::StreamExt;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use k8s_openapi::api::core::v1::Pod;
use kube::client::Body;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const LIST: &str = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":[]}"#;

fn answer(target: &str, watches: &AtomicUsize) -> UnsyncBoxBody<Bytes, Infallible> {
    if !target.contains("watch=") {
        return Full::new(Bytes::from_static(LIST.as_bytes())).boxed_unsync();
    }
    // The watch begins, and not a byte follows.
    watches.fetch_add(1, Ordering::Relaxed);
    StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Infallible>>()).boxed_unsync()
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let watches = Arc::new(AtomicUsize::new(0));
    let counted = watches.clone();
    let server = tower::service_fn(move |request: Request<Body>| {
        let body = answer(&request.uri().to_string(), &counted);
        async move { Ok::<_, Infallible>(Response::new(body)) }
    });
    let pods = Api::<Pod>::all(Client::new(server, "default"));
    let mut events = watcher(pods, watcher::Config::default()).default_backoff().boxed();
    let mut errors = 0;
    let reading = async {
        while let Some(event) = events.next().await {
            errors += usize::from(event.is_err());
        }
    };
    let _silence = tokio::time::timeout(Duration::from_secs(20 * 60), reading).await;
    let watches = watches.load(Ordering::Relaxed);
    println!("{watches} watches without a word in 20 min, {errors} errors");
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = "5 watches without a word in 20 min, 0 errors" ] || { echo "it behaves otherwise now" >&2; exit 1; }
