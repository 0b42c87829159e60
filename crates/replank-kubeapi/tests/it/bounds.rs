//! What the server takes on is bounded, and whoever it lets go is told: raw bytes over TLS, no client library.

use std::time::{Duration, Instant};

use replank_kubeapi::Limits;
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::bench::Bench;
use crate::wire::{PATIENCE, TOKEN, ask, connect, get, read_to};

const SOON: Duration = Duration::from_millis(20);

#[test]
fn one_watch_too_many_is_told_to_come_again() {
    let bench = Bench::with(Limits { watches: 3, ..Limits::default() });
    bench.runtime.block_on(async {
        let watch = get("/api/v1/nodes?watch=true");
        let mut taken = Vec::new();
        for _ in 0..3 {
            taken.push(ask(&bench, &watch, "ADDED").await);
        }
        let (_, refused) = ask(&bench, &watch, "}\n").await;
        assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
        assert!(refused.contains("retry-after: 1") && refused.contains("Too many watches"), "{refused}");
        assert!(refused.contains("\"reason\":\"TooManyRequests\""), "{refused}");
        // Whoever goes makes room.
        taken.pop();
        let began = Instant::now();
        while !ask(&bench, &watch, "}\n").await.1.contains("ADDED") {
            assert!(began.elapsed() < PATIENCE);
            tokio::time::sleep(SOON).await;
        }
        drop(taken);
    });
}

#[test]
fn one_connection_too_many_is_closed() {
    let bench = Bench::with(Limits { connections: 2, ..Limits::default() });
    bench.runtime.block_on(async {
        let first = ask(&bench, &get("/version"), "gitVersion").await;
        let _second = ask(&bench, &get("/version"), "gitVersion").await;
        assert!(connect(&bench).await.is_err());
        drop(first);
        let began = Instant::now();
        while connect(&bench).await.is_err() {
            assert!(began.elapsed() < PATIENCE);
            tokio::time::sleep(SOON).await;
        }
    });
}

#[test]
fn requests_that_do_not_come_to_an_end_keep_only_so_many_others_out() {
    let bench = Bench::with(Limits { requests: 2, ..Limits::default() });
    bench.runtime.block_on(async {
        let half = format!(
            "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\nContent-Length: 90\r\n\r\n{{"
        );
        let mut slow = Vec::new();
        for _ in 0..2 {
            let mut stream = connect(&bench).await.unwrap();
            stream.write_all(half.as_bytes()).await.unwrap();
            slow.push(stream);
        }
        let began = Instant::now();
        let refused = loop {
            let (_, answer) = ask(&bench, &get("/api/v1/nodes"), "}\n").await;
            if answer.starts_with("HTTP/1.1 429") {
                break answer;
            }
            assert!(began.elapsed() < PATIENCE);
        };
        assert!(refused.contains("retry-after: 1"), "{refused}");
        // Health and watches are answered all the same.
        assert!(ask(&bench, &get("/readyz"), "ok").await.1.starts_with("HTTP/1.1 200"));
        assert!(ask(&bench, &get("/api/v1/nodes?watch=1"), "ADDED").await.1.contains("ADDED"));
        drop(slow);
        let began = Instant::now();
        while !ask(&bench, &get("/api/v1/nodes"), "}\n").await.1.starts_with("HTTP/1.1 200") {
            assert!(began.elapsed() < PATIENCE);
            tokio::time::sleep(SOON).await;
        }
    });
    assert!(bench.prints("get configmaps -n default -o name").lines().count() == 1);
}

#[test]
fn an_oversize_body_is_refused_while_it_comes() {
    let bench = Bench::new();
    bench.runtime.block_on(async {
        let head = format!(
            "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\nContent-Length: 999999999\r\n\r\n"
        );
        let mut stream = connect(&bench).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![b' '; 64 << 10];
        for _ in 0..80 {
            // The server may stop listening before all is said.
            if stream.write_all(&piece).await.is_err() {
                break;
            }
        }
        let answer = read_to(&mut stream, "}\n").await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("Request entity too large: limit is 3145728"), "{answer}");
    });
}

#[test]
fn watches_end_in_order_when_the_server_stops_and_go_on_when_it_is_back() {
    let mut bench = Bench::new();
    let watch = |from: &str| get(&format!("/api/v1/nodes?watch=true&resourceVersion={from}"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut stream, told) = runtime.block_on(ask(&bench, &watch("0"), "ADDED"));
    let version = |told: &str| {
        let last =
            told.lines().filter_map(|line| serde_json::from_str::<Value>(line.trim()).ok()).next_back();
        let object = last.unwrap()["object"]["metadata"]["resourceVersion"].clone();
        object.as_str().unwrap().parse::<u64>().unwrap()
    };
    let list: Value = serde_json::from_str(&bench.prints("get --raw /api/v1/nodes")).unwrap();
    let seen = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    assert!(told.contains("ADDED"));
    bench.stop();
    // The last chunk, and then the end of the connection: no broken answer.
    let rest = runtime.block_on(read_to(&mut stream, "never said"));
    assert!(format!("{told}{rest}").ends_with("0\r\n\r\n"), "{rest}");
    let began = Instant::now();
    while bench.kubectl("version --request-timeout=1s").ok {
        assert!(began.elapsed() < PATIENCE);
    }
    bench.serve_again();
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    bench.prints(&format!("label node {node} side=port"));
    let (_, told) = runtime.block_on(ask(&bench, &watch(&seen), "\"side\":\"port\""));
    assert!(told.contains("MODIFIED") && version(&told) > seen.parse().unwrap(), "{told}");
    // What nobody remembers is 410, told as an event; a client lists then.
    let long_ago = runtime.block_on(ask(&bench, &watch("99999999"), "}\n")).1;
    assert!(long_ago.contains("Too large resource version"), "{long_ago}");
}
