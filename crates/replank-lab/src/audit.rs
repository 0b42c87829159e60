//! The audit log of the API server: who asked for what and what was answered. Tests judge from it, since it is not
//! ours.

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

/// A place in the log; events after it are later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// One answered request, as `audit.k8s.io/v1` has it.
#[derive(Clone, Debug)]
pub struct Event(Value);

impl Audit {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The end of the log as it is now.
    pub fn mark(&self) -> Result<Mark> {
        Ok(Mark(self.length()?))
    }

    /// The events after a mark, oldest first, and the mark behind the last of them. An event is written when its
    /// request has been answered, so it may be there a moment after the answer.
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
    /// The whole event.
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// Who asked: `system:serviceaccount:default:operator`, for instance.
    pub fn user(&self) -> &str {
        self.text("/user/username")
    }

    /// The client, as it calls itself.
    pub fn agent(&self) -> &str {
        self.text("/userAgent")
    }

    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub fn verb(&self) -> &str {
        self.text("/verb")
    }

    /// What was asked for: `pods`, or with a subresource `pods/eviction`; empty where it is no resource.
    pub fn resource(&self) -> String {
        match (self.text("/objectRef/resource"), self.text("/objectRef/subresource")) {
            (resource, "") => resource.to_owned(),
            (resource, subresource) => format!("{resource}/{subresource}"),
        }
    }

    /// The namespace, or nothing.
    pub fn namespace(&self) -> &str {
        self.text("/objectRef/namespace")
    }

    /// The name of the object; empty for lists and watches.
    pub fn name(&self) -> &str {
        self.text("/objectRef/name")
    }

    /// The path and the query.
    pub fn uri(&self) -> &str {
        self.text("/requestURI")
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.0.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default() as u16
    }

    /// The words of an answer that refuses.
    pub fn message(&self) -> &str {
        self.text("/responseStatus/message")
    }

    /// What was sent; null but for evictions and deletes.
    pub fn request(&self) -> &Value {
        &self.0["requestObject"]
    }

    /// When it came, as RFC 3339 with microseconds.
    pub fn received(&self) -> &str {
        self.text("/requestReceivedTimestamp")
    }

    /// When it was answered; a watch ends here.
    pub fn answered(&self) -> &str {
        self.text("/stageTimestamp")
    }

    /// True for the end of a request; a watch also has an event for its beginning.
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
