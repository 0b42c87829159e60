//! A client of the dashboard and the control API that sends what it is told.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// Where a replica serves.
pub(super) struct Site(pub(super) u16);

/// An answer.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Page {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Site {
    /// Sends a request; no answer is status 0.
    pub(super) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        self.tried(method, path, headers, body).unwrap_or(Page {
            status: 0,
            head: String::new(),
            body: String::new(),
        })
    }

    /// Sends a request with a bearer token.
    pub(super) fn with(&self, token: &str, method: &str, path: &str, body: &str) -> Page {
        self.ask(method, path, &[("authorization", &format!("Bearer {token}"))], body)
    }

    fn tried(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Page> {
        let Self(port) = self;
        let mut stream = TcpStream::connect(("127.0.0.1", *port)).ok()?;
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Page { status, head: head.to_owned(), body: body.to_owned() })
    }
}
