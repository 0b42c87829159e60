//! The audit log of the API server: requests and their responses. Tests judge by it, since it is not written by us.

use anyhow::{Context, Result};
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The audit log of a lab.
#[derive(Clone, Debug)]
pub struct Audit {
    path: PathBuf,
}

/// A position in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// An audit event (`audit.k8s.io/v1`).
#[derive(Clone, Debug)]
pub struct Event(Value);

impl Audit {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Path of the log.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Present end of the log.
    pub fn mark(&self) -> Result<Mark> {
        Ok(Mark(self.length()?))
    }

    /// Events after a mark, oldest first, and the mark after the last one. An event is written when its request was
    /// answered, so it may appear a moment after the response.
    pub fn since(&self, mark: Mark) -> Result<(Vec<Event>, Mark)> {
        let name = || format!("cannot read {}", self.path.display());
        let mut bytes = Vec::new();
        if self.path.exists() {
            let mut file = File::open(&self.path).with_context(name)?;
            file.seek(SeekFrom::Start(mark.0)).with_context(name)?;
            file.read_to_end(&mut bytes).with_context(name)?;
        }
        // The last line may be half written.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let events = lines.map(|line| serde_json::from_slice(line).map(Event).with_context(name));
        Ok((events.collect::<Result<_>>()?, Mark(mark.0 + whole as u64)))
    }

    fn length(&self) -> Result<u64> {
        if !self.path.exists() {
            return Ok(0);
        }
        let known = std::fs::metadata(&self.path);
        Ok(known.with_context(|| format!("cannot read {}", self.path.display()))?.len())
    }
}

impl Event {
    /// The event as JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// User, such as `system:serviceaccount:default:operator`.
    pub fn user(&self) -> &str {
        self.text("/user/username")
    }

    /// User agent of the client.
    pub fn agent(&self) -> &str {
        self.text("/userAgent")
    }

    /// Verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub fn verb(&self) -> &str {
        self.text("/verb")
    }

    /// Resource, with a subresource after a slash, such as `pods/eviction`; empty for other paths.
    pub fn resource(&self) -> String {
        match (self.text("/objectRef/resource"), self.text("/objectRef/subresource")) {
            (resource, "") => resource.to_owned(),
            (resource, subresource) => format!("{resource}/{subresource}"),
        }
    }

    /// Namespace of the object; empty for cluster-scoped ones.
    pub fn namespace(&self) -> &str {
        self.text("/objectRef/namespace")
    }

    /// Name of the object; empty for lists and watches.
    pub fn name(&self) -> &str {
        self.text("/objectRef/name")
    }

    /// Path and query.
    pub fn uri(&self) -> &str {
        self.text("/requestURI")
    }

    /// HTTP status of the response.
    pub fn status(&self) -> u16 {
        self.0.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default() as u16
    }

    /// Message of a response that refuses.
    pub fn message(&self) -> &str {
        self.text("/responseStatus/message")
    }

    /// Body of the request; null but for evictions and deletions, since only those are logged with it.
    pub fn request(&self) -> &Value {
        &self.0["requestObject"]
    }

    /// When it arrived, RFC 3339 with microseconds.
    pub fn received(&self) -> &str {
        self.text("/requestReceivedTimestamp")
    }

    /// When it was answered; for a watch, when it ended.
    pub fn answered(&self) -> &str {
        self.text("/stageTimestamp")
    }

    /// Whether it is the event of the response's end; watches have another one for their beginning.
    pub fn complete(&self) -> bool {
        self.text("/stage") == "ResponseComplete"
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Audit, Mark};
    use std::io::Write;

    #[test]
    fn a_half_written_line_is_read_when_it_is_whole() {
        let path = std::env::temp_dir().join(format!("replank-lab-audit-{}", std::process::id()));
        let mut file = std::fs::File::create(&path).expect("a file");
        let audit = Audit::new(path.clone());
        file.write_all(b"{\"verb\":\"get\"}\n{\"verb\":").expect("written");
        let (events, mark) = audit.since(Mark::default()).expect("readable");
        assert_eq!((events.len(), events[0].verb()), (1, "get"));
        file.write_all(b"\"list\"}\n").expect("written");
        let (events, _) = audit.since(mark).expect("readable");
        assert_eq!((events.len(), events[0].verb()), (1, "list"));
        std::fs::remove_file(path).expect("removed");
    }
}
