//! Requests to the lab's API server as its administrator, in JSON.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;

use crate::flags::LabPaths;
use crate::http::Client;
use crate::pki::Pair;

/// Objects that are created at the same time.
const MAKERS: usize = 16;

/// Client of the API server, as administrator.
pub struct Api {
    client: Client,
}

impl Api {
    pub(crate) fn new(port: u16, authority: &str, administrator: &Pair) -> Result<Self> {
        Ok(Self { client: Client::new(port, authority, administrator)? })
    }

    /// Client for a lab that another process holds, given its directory and the server's address.
    pub fn of_lab(directory: &Path, server: &str) -> Result<Self> {
        let place = LabPaths::new(directory);
        let read =
            |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        let [certificate, key] = place.pair("admin");
        let port = server.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("`{server}` names no port"))?;
        let administrator = Pair { certificate: read(&certificate)?, key: read(&key)? };
        Self::new(port, &read(&place.file("pki/ca.crt"))?, &administrator)
    }

    /// GET of an object or list by its path, such as `/api/v1/nodes/a`.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, "", &Value::Null)
    }

    /// Creates an object in a collection.
    pub fn create(&self, path: &str, object: &Value) -> Result<Value> {
        self.ask("POST", path, "application/json", object)
    }

    /// Creates many objects in a collection, several at a time; the error is the first refusal.
    pub fn create_all(&self, path: &str, objects: &[&Value]) -> Result<()> {
        let make = |part: &[&Value]| part.iter().try_for_each(|object| self.create(path, object).map(drop));
        let share = objects.len().div_ceil(MAKERS).max(1);
        std::thread::scope(|scope| {
            let makers: Vec<_> = objects.chunks(share).map(|part| scope.spawn(move || make(part))).collect();
            let mut ended = makers.into_iter().map(std::thread::ScopedJoinHandle::join);
            ended.try_for_each(|ended| ended.unwrap_or_else(|_| bail!("a thread that makes objects died")))
        })
    }

    /// Merge-patches an object.
    pub fn merge(&self, path: &str, patch: &Value) -> Result<Value> {
        self.ask("PATCH", path, "application/merge-patch+json", patch)
    }

    /// Applies an object server-side with force, as field manager `replank-lab`.
    pub fn apply(&self, path: &str, object: &Value) -> Result<Value> {
        let path = format!("{path}?fieldManager=replank-lab&force=true");
        self.ask("PATCH", &path, "application/apply-patch+yaml", object)
    }

    /// Deletes an object.
    pub fn delete(&self, path: &str) -> Result<Value> {
        self.ask("DELETE", path, "", &Value::Null)
    }

    /// Sends any request and returns status and body. A null body is none; one that is not JSON is returned as a
    /// string.
    pub fn request(&self, method: &str, path: &str, kind: &str, body: &Value) -> Result<(u16, Value)> {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = self.client.ask(method, path, kind, &bytes)?;
        let text = String::from_utf8_lossy(&answer.body);
        let value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| Value::String(text.into_owned()));
        Ok((answer.status, value))
    }

    pub(crate) fn forget(&self) {
        self.client.forget();
    }

    fn ask(&self, method: &str, path: &str, kind: &str, body: &Value) -> Result<Value> {
        let (status, value) = self.request(method, path, kind, body).context("the lab's API server")?;
        if !(200..300).contains(&status) {
            let message = value["message"].as_str().map_or_else(|| value.to_string(), str::to_owned);
            bail!("{method} {path}: {status} {message}");
        }
        Ok(value)
    }
}
