//! Reflectors through a whole update of a node group, with the server killed in the middle: what they hold at the
//! end is what is there, and every step was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_eks::client::Waiters;
use aws_sdk_eks::types::UpdateStatus;
use futures_util::{Stream, StreamExt};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, ListParams};
use kube::runtime::reflector::{self, Store};
use kube::runtime::watcher::{Config, Error, Event, watcher};
use kube::runtime::{WatchStreamExt, reflector as reflect};
use kube::{Client, ResourceExt};
use tokio::time::{Instant, sleep, timeout};

use crate::bench::{Bench, Outcome, PATIENCE};

/// What was seen of nodes: each name with whether it was ever closed to new pods.
type Seen = Arc<Mutex<BTreeMap<String, bool>>>;

/// Keeps a copy of all nodes, and notes what passes.
fn nodes(client: &Client, seen: Seen) -> (Store<Node>, impl Future<Output = ()> + Send + 'static) {
    let (reader, writer) = reflector::store();
    let stream = reflect(writer, watcher(Api::<Node>::all(client.clone()), Config::default()));
    (
        reader,
        follow(stream.default_backoff(), move |node: &Node| {
            let cordoned = node.spec.as_ref().is_some_and(|it| it.unschedulable == Some(true));
            let mut seen = seen.lock().expect("nobody panics");
            *seen.entry(node.name_any()).or_default() |= cordoned;
        }),
    )
}

/// Keeps a copy of all pods, told by a watch alone (`sendInitialEvents`).
fn pods(client: &Client) -> (Store<Pod>, impl Future<Output = ()> + Send + 'static) {
    let (reader, writer) = reflector::store();
    let config = Config::default().streaming_lists();
    let stream = reflect(writer, watcher(Api::<Pod>::all(client.clone()), config));
    (reader, follow(stream.default_backoff(), |_| ()))
}

/// Takes whatever comes; errors pass, as the server is gone for a while.
async fn follow<K, S>(stream: S, mut note: impl FnMut(&K))
where
    S: Stream<Item = Result<Event<K>, Error>>,
{
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        if let Ok(Event::Apply(it) | Event::InitApply(it)) = event {
            note(&it);
        }
    }
}

/// Names and versions, as a copy has them.
fn held<K>(store: &Store<K>) -> BTreeSet<(String, Option<String>)>
where
    K: kube::Resource<DynamicType = ()> + Clone + 'static,
{
    store.state().iter().map(|it| (it.name_any(), it.resource_version())).collect()
}

/// Returns when the copies are what a list says.
async fn agree(client: &Client, nodes: &Store<Node>, pods: &Store<Pod>) -> Outcome {
    let begun = Instant::now();
    loop {
        let every = ListParams::default();
        let listed = Api::<Node>::all(client.clone()).list(&every).await?;
        let wanted_nodes = listed.iter().map(|it| (it.name_any(), it.resource_version())).collect();
        let listed = Api::<Pod>::all(client.clone()).list(&every).await?;
        let wanted_pods = listed.iter().map(|it| (it.name_any(), it.resource_version())).collect();
        let (nodes, pods) = (held(nodes), held(pods));
        if nodes == wanted_nodes && pods == wanted_pods {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{nodes:?} {wanted_nodes:?}\n{pods:?} {wanted_pods:?}").into());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reflectors_through_an_update_and_a_kill() -> Outcome {
    let mut bench = Bench::new("kube-through")?;
    let client = bench.kubernetes().await?;
    let seen = Seen::default();
    let (node_store, node_follows) = nodes(&client, seen.clone());
    let (pod_store, pod_follows) = pods(&client);
    let follows = [tokio::spawn(node_follows), tokio::spawn(pod_follows)];
    timeout(PATIENCE, node_store.wait_until_ready()).await??;
    timeout(PATIENCE, pod_store.wait_until_ready()).await??;
    let old: BTreeSet<String> = node_store.state().iter().map(|it| it.name_any()).collect();
    assert_eq!(old.len(), 3);
    agree(&client, &node_store, &pod_store).await?;

    let eks = bench.eks();
    let (cluster, group) = (bench.cluster().to_owned(), bench.group().to_owned());
    let update = eks.update_nodegroup_version().cluster_name(&cluster).nodegroup_name(&group);
    let id = update.send().await?.update.and_then(|it| it.id).ok_or("no update")?;
    let closed = || seen.lock().expect("nobody panics").values().any(|cordoned| *cordoned);
    timeout(PATIENCE, async {
        while !closed() {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await?;
    bench.kill_and_start()?;

    let waiter = eks.wait_until_nodegroup_active().cluster_name(&cluster).nodegroup_name(&group);
    waiter.wait(PATIENCE).await?;
    let done = eks.describe_update().name(&cluster).nodegroup_name(&group).update_id(id).send().await?;
    assert_eq!(done.update().and_then(|it| it.status()), Some(&UpdateStatus::Successful));
    // The last surplus instance may still be going.
    timeout(PATIENCE, async {
        while node_store.state().len() != 3 {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await?;
    agree(&client, &node_store, &pod_store).await?;
    let new: BTreeSet<String> = node_store.state().iter().map(|it| it.name_any()).collect();
    assert!(new.len() == 3 && new.is_disjoint(&old), "{old:?} {new:?}");
    let seen = seen.lock().expect("nobody panics").clone();
    assert!(new.iter().chain(&old).all(|name| seen.contains_key(name)), "{seen:?}");
    for follow in follows {
        follow.abort();
    }
    bench.end()
}
