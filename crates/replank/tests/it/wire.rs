//! Bad input and bad clients over real sockets: bounded, answered in the protocol's words, nothing half-applied.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use replank_server::auth::{Key, Signer};
use replank_server::wire::Request;
use serde_json::Value;

use crate::served::Up;
use crate::tool::Scratch;

/// Long after a client that says nothing is sent away (`Limits` of the server: 20 s), on a busy machine too.
const SILENCE: Duration = Duration::from_mins(4);

/// Where the EKS endpoint is.
pub(crate) fn address(up: &Up) -> String {
    up.told("AWS_ENDPOINT_URL").trim_start_matches("http://").to_owned()
}

/// A signed request as it goes over the wire; the connection ends with it.
pub(crate) fn signed(up: &Up, method: &str, target: &str, body: &str) -> Vec<u8> {
    signed_for(up, ("eks", up.told("AWS_REGION")), (method, target, body), &[])
}

/// The same, signed for a service and a region, with more headers.
pub(crate) fn signed_for(
    up: &Up,
    (service, region): (&str, &str),
    (method, target, body): (&str, &str, &str),
    headers: &[(&str, &str)],
) -> Vec<u8> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let key = Key { secret: up.told("AWS_SECRET_ACCESS_KEY").into(), session_token: "".into() };
    let signer = Signer { access_key: up.told("AWS_ACCESS_KEY_ID"), key: &key, region, service };
    let host = ("host", &*address(up));
    let mut request = Request {
        method: method.parse().expect("a method"),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: std::iter::once(host)
            .chain(headers.iter().copied())
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect(),
        body: body.to_owned().into(),
    };
    signer.sign(&mut request, Timestamp::now()).expect("it is signed");
    let mut text =
        format!("{method} {target} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in &request.headers {
        text += &format!("{name}: {}\r\n", value.to_str().expect("text"));
    }
    format!("{text}\r\n{body}").into_bytes()
}

/// Status, error and body of what comes back for these bytes; nothing when the connection is closed without a word.
pub(crate) fn sent(up: &Up, bytes: &[u8]) -> Option<(u16, String, String)> {
    let mut stream = TcpStream::connect(address(up)).expect("it listens");
    stream.set_read_timeout(Some(SILENCE)).expect("a timeout");
    // Who is refused early need not take the rest.
    let _refused = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _broken = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let error = head.lines().find_map(|line| line.strip_prefix("x-amzn-errortype: ")).unwrap_or_default();
    Some((status, error.to_owned(), body.to_owned()))
}

/// The node group and its updates, as the service tells them.
fn state(up: &Up) -> String {
    let group = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP";
    let updates = "eks list-updates --name CLUSTER --nodegroup-name GROUP";
    format!("{} {}", up.aws(group, "nodegroup"), up.aws(updates, "updateIds"))
}

#[test]
fn what_is_wrong_is_refused_and_nothing_happens() {
    let scratch = Scratch::new("wire-wrong");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let before = state(&up);
    let group = "/clusters/eks-workshop/node-groups/default";
    let (config, version) = (format!("{group}/update-config"), format!("{group}/update-version"));
    let post = |path: &str, body: &str| signed(&up, "POST", path, body);
    let deep = format!("{{\"labels\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let serialization = (400, "SerializationException");
    for (what, request, (status, error)) in [
        ("no JSON", post(&config, "{\"scalingConfig\": {\"minSize\": 1"), serialization),
        ("no object", post(&config, "[]"), serialization),
        ("a text for a number", post(&config, r#"{"scalingConfig":{"minSize":"1"}}"#), serialization),
        ("a fraction", post(&config, r#"{"scalingConfig":{"minSize":1.5}}"#), serialization),
        ("a number that is none", post(&config, r#"{"scalingConfig":{"minSize":1e999}}"#), serialization),
        ("a list for a map", post(&config, r#"{"labels":[]}"#), serialization),
        ("half a good input", post(&config, r#"{"scalingConfig":{"minSize":2},"labels":7}"#), serialization),
        ("too deep", post(&config, &deep), serialization),
        ("no UTF-8 text", post(&version, "{\"version\":\"\\ud800\"}"), serialization),
        ("no such path", post("/nowhere", "{}"), (404, "UnknownOperationException")),
        ("too many", signed(&up, "GET", "/clusters?maxResults=101", ""), (400, "InvalidParameterException")),
        ("no number", signed(&up, "GET", "/clusters?maxResults=x", ""), serialization),
        (
            "a made-up token",
            signed(&up, "GET", "/clusters?nextToken=x", ""),
            (400, "InvalidParameterException"),
        ),
    ] {
        let found = sent(&up, &request).unwrap_or_default();
        assert_eq!((found.0, found.1.as_str()), (status, error), "{what}: {found:?}");
        assert!(
            serde_json::from_str::<Value>(&found.2).is_ok_and(|body| body["message"].is_string()),
            "{what}"
        );
    }
    no_http_is_answered_as_such(&up);
    // A body that breaks off is never carried out.
    let whole = post(&config, r#"{"scalingConfig":{"desiredSize":4}}"#);
    let mut stream = TcpStream::connect(address(&up)).expect("it listens");
    stream.write_all(&whole[..whole.len() - 1]).expect("it reads");
    stream.shutdown(Shutdown::Both).expect("it is closed");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(state(&up), before);
    assert_eq!(up.end("-TERM"), Some(0));
}

fn no_http_is_answered_as_such(up: &Up) {
    let head = "POST /clusters HTTP/1.1\r\nhost: x\r\n";
    for (what, request, statuses) in [
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(9), &[0, 400][..]),
        ("another version", b"GET / HTTP/7.7\r\n\r\n".to_vec(), &[0, 400, 505]),
        ("a long header", format!("{head}x: {}\r\n\r\n", "x".repeat(1 << 20)).into_bytes(), &[431]),
        ("many headers", format!("{head}{}\r\n", "x: y\r\n".repeat(500)).into_bytes(), &[431]),
        (
            "a long path",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(70_000)).into_bytes(),
            &[414, 431],
        ),
        (
            "two lengths",
            format!("{head}content-length: 1\r\ncontent-length: 2\r\n\r\nx").into_bytes(),
            &[400],
        ),
        ("too large a body", format!("{head}content-length: 9999999999\r\n\r\n").into_bytes(), &[413]),
        (
            "a body without an end",
            format!(
                "{head}transfer-encoding: chunked\r\n\r\n{}",
                format!("10000\r\n{}\r\n", "x".repeat(65_536)).repeat(40)
            )
            .into_bytes(),
            &[413],
        ),
    ] {
        let found = sent(up, &request).unwrap_or_default();
        assert!(statuses.contains(&found.0), "{what}: {found:?}");
    }
}

/// Those who say nothing, or too little, are sent away; meanwhile everybody else is served.
#[test]
fn slow_and_silent_clients() {
    let scratch = Scratch::new("wire-slow");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let begun = Instant::now();
    // As many as this machine lets us open.
    let silent: Vec<_> = (0..1500).map_while(|_| TcpStream::connect(address(&up)).ok()).collect();
    assert!(silent.len() >= 200, "{}", silent.len());
    let kubernetes = std::fs::read_to_string(up.told("KUBECONFIG")).expect("a kubeconfig");
    let kubernetes =
        kubernetes.split("https://").nth(1).and_then(|rest| rest.lines().next()).expect("an address");
    let silent_there = TcpStream::connect(kubernetes).expect("it listens");
    let says = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(address(&up)).expect("it listens");
        stream.write_all(bytes).expect("it reads");
        stream
    };
    let half_a_head = says(b"GET /clusters HTTP/1.1\r\nhost: x\r\n");
    let http2 = says(b"PRI * HTTP/2.0\r\n\r\nSM");
    let half_a_body = says(b"POST /clusters HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{");
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        let found = sent(&up, &signed(&up, "GET", "/clusters", "")).unwrap_or_default();
        assert_eq!(found.0, 200, "{found:?}");
        // Whoever had to wait for the silent ones would wait until they are sent away.
        assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    }
    for (what, mut stream, status) in [
        ("half a head", half_a_head, None),
        ("half of HTTP/2", http2, None),
        ("half a body", half_a_body, Some("408")),
        ("silent at the Kubernetes API", silent_there, None),
    ]
    .into_iter()
    .chain(silent.into_iter().map(|stream| ("silent", stream, None)))
    {
        stream.set_read_timeout(Some(SILENCE)).expect("a timeout");
        let mut answer = String::new();
        let closed = stream.read_to_string(&mut answer);
        assert!(
            closed.is_ok() && begun.elapsed() < SILENCE,
            "{what}: {closed:?} after {:?}",
            begun.elapsed()
        );
        assert_eq!(answer.split(' ').nth(1), status.or(answer.split(' ').nth(1)), "{what}: {answer}");
    }
    assert_eq!(up.end("-TERM"), Some(0));
}
