//! A collector of traces that keeps what it is sent (OTLP over HTTP, as JSON).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// Takes what is sent by OTLP over HTTP, and keeps its spans.
pub(super) struct Collector {
    pub(super) url: String,
    spans: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let spans = Arc::<Mutex<Vec<Value>>>::default();
        let kept = spans.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let taken = taken(stream);
                kept.lock().unwrap().extend(taken);
            }
        });
        Self { url, spans }
    }

    /// The spans so far.
    pub(super) fn spans(&self) -> Vec<Value> {
        self.spans.lock().unwrap().clone()
    }
}

/// The spans of a request, which is answered.
fn taken(mut stream: TcpStream) -> Vec<Value> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    while reader.read_line(&mut head).unwrap_or(0) > 2 {
        let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let _gone =
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
    let sent: Value = serde_json::from_slice(&body).unwrap();
    let one = &sent["resourceSpans"][0];
    assert_eq!(one["resource"]["attributes"][0]["value"]["stringValue"], "replank");
    one["scopeSpans"][0]["spans"].as_array().unwrap().clone()
}
