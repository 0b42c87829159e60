//! The lines of an update as server-sent events, over a real socket.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::served::Up;
use crate::tool::Scratch;
use crate::wire::{address, sent, signed_for};

/// Long after anything here has happened.
const LONG: Duration = Duration::from_mins(2);

/// A stream, with its head read.
struct Stream(BufReader<TcpStream>);

/// An event: what it is, its id, its data.
type Event = (String, String, Value);

impl Stream {
    fn open(up: &Up, target: &str, headers: &[(&str, &str)]) -> Self {
        let request = signed_for(up, ("replank", up.told("AWS_REGION")), ("GET", target, ""), headers);
        let mut stream = TcpStream::connect(address(up)).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("a timeout");
        stream.write_all(&request).expect("it is taken");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).expect("a head") > 0, "{head}");
        }
        assert!(
            head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/event-stream"),
            "{head}"
        );
        Self(reader)
    }

    /// The next event; none at the end. Each piece of the body begins with an event and ends behind one.
    fn next(&mut self) -> Option<Event> {
        let (mut name, mut id) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).expect("a line") == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", text)) => text.clone_into(&mut name),
                Some(("id", text)) => text.clone_into(&mut id),
                Some(("data", text)) => return Some((name, id, serde_json::from_str(text).expect("JSON"))),
                _ => {}
            }
        }
    }
}

#[test]
fn a_client_that_comes_again_misses_nothing_and_hears_nothing_twice() {
    let scratch = Scratch::new("events");
    let up = Up::start(scratch.path(), "--speed 600x --port 0 --kubernetes-port 0");
    up.says("upgrade nodegroup default --approve --no-wait");
    let updates = up.says("get updates -o json");
    let updates: Value = serde_json::from_str(&updates).expect("JSON");
    let id = updates["updates"][0]["update"].as_str().expect("an update").to_owned();
    let target = format!("/replank/v1/updates/{id}/events");

    let mut first = Stream::open(&up, &target, &[]);
    let (name, mut last, begun) = first.next().expect("it begins");
    assert_eq!((&*name, begun["update"].as_str()), ("run", Some(&*id)));
    let mut numbers = Vec::new();
    let mut take = |(name, id, data): Event| {
        match &*name {
            "line" => numbers.push(data["number"].as_u64().expect("a number")),
            other => assert!(["run", "over"].contains(&other), "{other} {data}"),
        }
        (name, id)
    };
    for _ in 0..3 {
        last = take(first.next().expect("a line")).1;
    }
    drop(first);
    let mut second = Stream::open(&up, &target, &[("last-event-id", &last)]);
    let mut end = String::new();
    while let Some(event) = second.next() {
        (end, last) = take(event);
    }
    assert_eq!(end, "over");
    let told = up.says("history -o json");
    assert!(told.contains("finished"), "{told}");
    let wanted: Vec<u64> = (0..numbers.len() as u64).collect();
    assert!(numbers.len() > 10 && numbers == wanted, "{numbers:?}");

    let status = |last: &str| {
        let asked = ("GET", &*target, "");
        let headers = [("last-event-id", last)];
        let request = signed_for(&up, ("replank", up.told("AWS_REGION")), asked, &headers);
        sent(&up, &request).expect("an answer").0
    };
    assert_eq!((status(&last), status("something")), (204, 400));
    let unsigned = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert_eq!(sent(&up, unsigned.as_bytes()).expect("an answer").0, 403);
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn a_server_that_stops_ends_its_streams() {
    let scratch = Scratch::new("events-stop");
    let up = Up::start(scratch.path(), "--speed 1x --port 0 --kubernetes-port 0");
    up.says("upgrade nodegroup default --approve --no-wait");
    let updates: Value = serde_json::from_str(&up.says("get updates -o json")).expect("JSON");
    let id = updates["updates"][0]["update"].as_str().expect("an update").to_owned();
    let mut stream = Stream::open(&up, &format!("/replank/v1/updates/{id}/events"), &[]);
    assert_eq!(stream.next().expect("it begins").0, "run");
    assert_eq!(up.end("-TERM"), Some(0));
    while let Some((name, ..)) = stream.next() {
        assert_eq!(name, "line", "an end of the server is none of the update");
    }
}
