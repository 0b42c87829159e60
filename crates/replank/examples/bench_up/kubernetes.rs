//! The Kubernetes API: lists, watchers, new pods; and what a server takes of memory and CPU when nobody looks.

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};

use crate::load::Went;
use crate::served::Server;
use crate::talk::Client;
use crate::watched::watches;
use crate::{Outcome, Trouble, tell, world};

const NODES: usize = 5000;
const LISTS: usize = 15;
const PODS: usize = 4000;
/// How long a server is left alone before it is looked at, and how long it is looked at.
const SETTLES: Duration = Duration::from_secs(5);
const RESTS: Duration = Duration::from_secs(15);
/// What counts as near zero at rest, in percent of a core.
const NEAR_ZERO: f64 = 1.0;

pub(crate) async fn run() -> Outcome {
    rest("the default world", &Server::replank("", None)?).await?;
    let begun = Instant::now();
    let server = Server::replank("", Some(&world::nodes(NODES)))?;
    let took = begun.elapsed().as_secs_f64();
    tell("5,000 nodes and 50,000 pods, until it serves", took, "s", &json!({}));
    rest("5,000 nodes and 50,000 pods", &server).await?;
    let client = Client::connect(&server).await?;
    lists(&client).await?;
    pods(&client).await?;
    watches(&server, &client).await?;
    tell("memory, 5,000 nodes, after lists and 1,000 watchers", server.memory()?, "MiB", &json!({}));
    Ok(())
}

/// Memory and CPU of a server that nobody asks anything, in a world that goes at 60 times real time.
async fn rest(name: &str, server: &Server) -> Outcome {
    tokio::time::sleep(SETTLES).await;
    let before = server.cpu()?;
    tokio::time::sleep(RESTS).await;
    let percent = (server.cpu()? - before) / RESTS.as_secs_f64() * 100.0;
    tell(&format!("memory at rest, {name}"), server.memory()?, "MiB", &json!({}));
    tell(&format!("CPU at rest, {name}"), percent, "% of a core", &json!({ "goal": NEAR_ZERO }));
    Ok(())
}

async fn lists(client: &Client) -> Outcome {
    let mut took = Vec::new();
    let mut size = 0;
    let begun = Instant::now();
    for _ in 0..LISTS {
        let asked = Instant::now();
        size = client.get("/api/v1/nodes").await?.len();
        took.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    let went = Went::new(took, begun.elapsed());
    let name = "list of 5,000 nodes";
    tell(name, went.percentile(50.0), "ms", &json!({}));
    tell(&format!("{name}, the slowest of {LISTS}"), went.percentile(100.0), "ms", &json!({}));
    tell(&format!("{name}, size"), size as f64 / 1_048_576.0, "MiB", &json!({}));
    let asked = Instant::now();
    client.get("/api/v1/pods").await?;
    tell("list of 50,000 pods", asked.elapsed().as_secs_f64() * 1000.0, "ms", &json!({}));
    Ok(())
}

async fn pods(client: &Client) -> Outcome {
    let pod = |number: usize| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": format!("pod-{number}") },
            "spec": { "containers": [{ "name": "c", "image": "c", "resources": { "requests": { "cpu": "1m" } } }] },
        })
    };
    let begun = Instant::now();
    let making = (0..8).map(|first| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut took = Vec::new();
            for number in (first..PODS).step_by(8) {
                let asked = Instant::now();
                client.send(Method::POST, "/api/v1/namespaces/default/pods", &pod(number)).await?;
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, Trouble>(took)
        })
    });
    let mut all = Vec::new();
    for task in making.collect::<Vec<_>>() {
        all.extend(task.await??);
    }
    let went = Went::new(all, begun.elapsed());
    tell("new pods, 8 at once, in 5,000 nodes", went.rate, "pods/s", &json!({}));
    tell("new pods, 8 at once, 99th percentile", went.percentile(99.0), "ms", &json!({}));
    Ok(())
}

/// The version of the list and the name of the first node.
pub(crate) async fn first_node(client: &Client) -> Outcome<(String, String)> {
    let list: Value = serde_json::from_slice(&client.get("/api/v1/nodes?limit=1").await?)?;
    let version = list["metadata"]["resourceVersion"].as_str().ok_or("no version")?;
    let node = list["items"][0]["metadata"]["name"].as_str().ok_or("no node")?;
    Ok((version.to_owned(), node.to_owned()))
}
