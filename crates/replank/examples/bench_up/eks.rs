//! The EKS endpoint: `DescribeNodegroup` beside moto's server, `UpdateNodegroupVersion` with the journal on disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use replank_server::auth::Key;
use serde_json::json;

use crate::load::{Ask, Signed, Went, load, median};
use crate::served::Server;
use crate::{Outcome, Trouble, tell, world};

/// How long each load lasts, and how often it is repeated, one server after the other.
const LONG: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
/// How many times moto's throughput is asked for, by connections.
const GOALS: [(usize, f64); 2] = [(1, 20.0), (32, 50.0)];
/// What 99 of a hundred calls should stay under, in milliseconds.
const SLOWEST: f64 = 5.0;
/// Node groups that are updated once each.
const GROUPS: usize = 200;

fn describe() -> Ask {
    let path = "/clusters/eks-workshop/node-groups/default".to_owned();
    Ask { method: Method::GET, path, body: String::new() }
}

pub(crate) async fn run() -> Outcome {
    let moto = Server::moto()?;
    if let Some(moto) = &moto {
        fill(moto).await?;
    }
    let replank = Server::replank("", None)?;
    verifies(&replank).await?;
    for (connections, times) in GOALS {
        beside(&replank, moto.as_ref(), connections, times).await?;
    }
    drop((moto, replank));
    for connections in [1, 8] {
        let went = updates(connections).await?;
        let name = format!("UpdateNodegroupVersion, {connections} at once");
        tell(&name, went.rate, "calls/s", &json!({}));
        for percent in [50.0, 99.0] {
            tell(&format!("{name}, {percent}th percentile"), went.percentile(percent), "ms", &json!({}));
        }
    }
    Ok(())
}

/// A server that let everybody in would be quick.
async fn verifies(server: &Server) -> Outcome {
    let (access_key, key) = server.keys();
    let good = Arc::new((access_key.clone(), key.clone()));
    let bad = Arc::new((access_key, Key { secret: "another".into(), ..key }));
    for (keys, wanted) in [(good, 200), (bad, 403)] {
        let mut connection = Signed::new(server.eks, &keys);
        let (status, said) = connection.ask(&describe()).await?;
        if status != wanted {
            return Err(format!("{status}, not {wanted}: {}", String::from_utf8_lossy(said)).into());
        }
    }
    Ok(())
}

/// The two servers in turn, several times; what is told is the round in the middle.
async fn beside(replank: &Server, moto: Option<&Server>, connections: usize, times: f64) -> Outcome {
    let ask = describe();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut calls, before) = (0.0, replank.cpu()?);
    for _ in 0..ROUNDS {
        if let Some(moto) = moto {
            theirs.push(load(moto.eks, moto.keys(), connections, &ask, LONG).await?);
        }
        let went = load(replank.eks, replank.keys(), connections, &ask, LONG).await?;
        calls += went.calls;
        ours.push(went);
    }
    let used = (replank.cpu()? - before) * 1_000_000.0 / calls;
    let noun = if connections == 1 { "connection" } else { "connections" };
    let name = format!("DescribeNodegroup, {connections} {noun}");
    let theirs_name = format!("moto, {name}");
    let middle = |rounds: &[Went], of: &dyn Fn(&Went) -> f64| median(rounds.iter().map(of).collect());
    let mut more = json!({});
    if !theirs.is_empty() {
        let rate = middle(&theirs, &|went| went.rate);
        let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours.rate / theirs.rate).collect());
        more = json!({ "vs": theirs_name, "ratio": ratio, "times": times });
        tell(&theirs_name, rate, "calls/s", &json!({}));
        let slowest = middle(&theirs, &|went| went.percentile(99.0));
        tell(&format!("{theirs_name}, 99th percentile"), slowest, "ms", &json!({}));
    }
    tell(&name, middle(&ours, &|went| went.rate), "calls/s", &more);
    tell(&format!("{name}, 50th percentile"), middle(&ours, &|went| went.percentile(50.0)), "ms", &json!({}));
    let slowest = middle(&ours, &|went| went.percentile(99.0));
    tell(&format!("{name}, 99th percentile"), slowest, "ms", &json!({ "goal": SLOWEST }));
    tell(&format!("{name}, CPU of the server"), used, "us a call", &json!({}));
    Ok(())
}

/// Gives moto the cluster and the node group that are asked for.
async fn fill(moto: &Server) -> Outcome {
    let mut connection = Signed::new(moto.eks, &Arc::new(moto.keys()));
    let role = "arn:aws:iam::123456789012:role/r";
    let cluster = json!({
        "name": "eks-workshop", "roleArn": role, "resourcesVpcConfig": { "subnetIds": ["subnet-1", "subnet-2"] },
    });
    let group = json!({ "nodegroupName": "default", "nodeRole": role, "subnets": ["subnet-1", "subnet-2"] });
    for (path, body) in [("/clusters", cluster), ("/clusters/eks-workshop/node-groups", group)] {
        let ask = Ask { method: Method::POST, path: path.into(), body: body.to_string() };
        let (status, said) = connection.ask(&ask).await?;
        if status != 200 {
            return Err(format!("moto: {status} {}", String::from_utf8_lossy(said)).into());
        }
    }
    Ok(())
}

/// Begins the update of each of many node groups, with the records of all on disk before the answer.
async fn updates(connections: usize) -> Outcome<Went> {
    let server = Server::replank("--speed real", Some(&world::groups(GROUPS)))?;
    let keys = Arc::new(server.keys());
    let begun = Instant::now();
    let asking = (0..connections).map(|number| {
        let mut connection = Signed::new(server.eks, &keys);
        tokio::spawn(async move {
            let mut took = Vec::new();
            for group in (number..GROUPS).step_by(connections) {
                let path = format!("/clusters/bench/node-groups/group-{group}/update-version");
                let ask = Ask { method: Method::POST, path, body: "{}".into() };
                let asked = Instant::now();
                let (status, said) = connection.ask(&ask).await?;
                if status != 200 {
                    return Err(format!("{status} {}", String::from_utf8_lossy(said)).into());
                }
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, Trouble>(took)
        })
    });
    let mut all = Vec::new();
    for task in asking.collect::<Vec<_>>() {
        all.extend(task.await??);
    }
    Ok(Went::new(all, begun.elapsed()))
}
