//! Asking a server of this machine without TLS, and the query protocol as moto answers it in JSON.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Request;

/// No answer of moto takes longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// A client of one server.
#[derive(Clone)]
pub(super) struct Wire {
    agent: Agent,
    url: String,
}

impl Wire {
    pub(super) fn to(url: &str) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .timeout_global(Some(DEADLINE))
            .user_agent("replank-lab")
            .build();
        Self { agent: config.new_agent(), url: url.to_owned() }
    }

    /// Sends a body, and reads status and text of the answer.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: &str,
    ) -> Result<(u16, String)> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header(header.0, header.1);
        let answer = if body.is_empty() {
            self.agent.run(request.body(())?)
        } else {
            self.agent.run(request.header("content-type", "application/x-www-form-urlencoded").body(body)?)
        };
        let mut answer = answer.with_context(|| format!("{} does not answer", self.url))?;
        let text = answer.body_mut().read_to_string().context("no text")?;
        Ok((answer.status().as_u16(), text))
    }

    /// Reads JSON.
    pub(super) fn read(&self, path: &str) -> Result<Value> {
        let (status, text) = self.ask("GET", path, ("accept", "application/json"), "")?;
        if status != 200 {
            bail!("GET {path}: {status} {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("GET {path}: {text}"))
    }

    /// Asks Auto Scaling, without a signature: moto reads the service from the scope of the credentials and checks
    /// nothing else.
    pub(super) fn scaling(&self, action: &str) -> Result<Value> {
        let scope =
            format!("AWS4-HMAC-SHA256 Credential=lab/20260101/{}/autoscaling/aws4_request", super::REGION);
        let header = ("authorization", scope.as_str());
        let body = format!("Action={action}&Version=2011-01-01&ContentType=JSON");
        let (status, text) = self.ask("POST", "/", header, &body)?;
        if status != 200 {
            bail!("{action}: {status} {text}");
        }
        let mut answer: Value = serde_json::from_str(&text).with_context(|| format!("{action}: {text}"))?;
        Ok(answer[format!("{action}Response")][format!("{action}Result")].take())
    }
}
