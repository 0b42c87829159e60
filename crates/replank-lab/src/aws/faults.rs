//! microburst in front of a server: faults in the form that AWS gives them, and a log of every call.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

use super::moto::{Moto, Served};
use super::wire::Wire;

/// Calls that microburst keeps; it forgets the oldest.
const CALLS_MAX: usize = 2_000;

/// A running proxy.
pub struct Faults {
    served: Served,
    wire: Wire,
    /// Id of the rule that only notes a call.
    notes: AtomicU64,
}

/// One call that went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Service, such as `autoscaling`.
    pub service: String,
    /// Operation, such as `DescribeAutoScalingGroups`; empty when it is not recognised.
    pub operation: String,
    /// What happened to it, such as `error:Throttling`; `None` for one that was only noted.
    pub fault: Option<String>,
}

impl Faults {
    /// A proxy before `moto`, with rules in the form of microburst's own files; none are needed to log calls.
    pub fn before(moto: &Moto, rules: &[Value]) -> Result<Self> {
        let upstream = moto.url().to_owned();
        let served = Served::start("microburst", &[], |port| {
            let own =
                ["-m", "microburst", "--upstream", &upstream, "--port", &port.to_string(), "--no-resign"];
            own.map(str::to_owned).into()
        })?;
        let wire = Wire::to(&served.url);
        let faults = Self { served, wire, notes: AtomicU64::new(0) };
        faults.rules(rules)?;
        Ok(faults)
    }

    /// URL that clients use in place of the server's.
    pub fn url(&self) -> &str {
        &self.served.url
    }

    /// Puts rules in place of those there are. The first that matches a call decides it.
    pub fn rules(&self, rules: &[Value]) -> Result<()> {
        // The last rule does nothing, and so each call is in the log.
        let all: Vec<Value> = rules.iter().cloned().chain([json!({"service": "*", "latency": 0})]).collect();
        let body = json!(all).to_string();
        let (status, text) =
            self.wire.ask("POST", "/_microburst/rules", ("accept", "application/json"), &body)?;
        if status != 200 {
            bail!("microburst refuses {body}: {status} {text}");
        }
        let known: Value = serde_json::from_str(&text).context("no JSON")?;
        let last = known.as_array().and_then(|rules| rules.last()).context("no rules")?;
        self.notes.store(last["id"].as_u64().context("a rule without id")?, Ordering::Relaxed);
        Ok(())
    }

    /// The calls so far, oldest first, under the rules that there are now; an error when some were forgotten.
    pub fn calls(&self) -> Result<Vec<Call>> {
        let told = self.wire.read(&format!("/_microburst/fired?limit={CALLS_MAX}"))?;
        let told = told.as_array().context("no list of calls")?;
        ensure!(told.len() < CALLS_MAX, "microburst keeps {CALLS_MAX} calls, and there were as many or more");
        let notes = self.notes.load(Ordering::Relaxed);
        let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
        let call = |it: &Value| {
            let is_noted = it["rule_id"] == notes;
            Call {
                service: text(it, "service"),
                operation: text(it, "operation"),
                fault: (!is_noted).then(|| text(it, "action")),
            }
        };
        Ok(told.iter().map(call).collect())
    }

    /// Forgets the calls so far.
    pub fn forget(&self) -> Result<()> {
        self.wire.ask("DELETE", "/_microburst/fired", ("accept", "application/json"), "").map(drop)
    }
}
