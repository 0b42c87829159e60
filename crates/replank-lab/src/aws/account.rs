//! An account as its operator has it: the unmodified `aws` and boto3, pointed at a server of this machine.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::{Command, Stdio};

/// The region of everything here.
pub const REGION: &str = "us-west-2";

/// An account behind an endpoint.
#[derive(Clone, Debug)]
pub struct Account {
    endpoint: String,
}

impl Account {
    /// The account behind a URL.
    pub fn at(url: &str) -> Self {
        Self { endpoint: url.to_owned() }
    }

    /// The standard variables that lead any client of AWS here, and nowhere else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "testing".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "testing".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_PAGER", String::new()),
        ]
    }

    /// Sets the environment of a command so that its AWS calls come here, and nothing leads them elsewhere.
    pub fn lead<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for strange in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(strange);
        }
        command.envs(self.environment()).stdin(Stdio::null())
    }

    /// Runs `aws` with these words; what it printed as JSON, or null. The error is what it said.
    pub fn aws(&self, words: &str) -> Result<Value> {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.aws_with(&words)
    }

    /// The same, with arguments that may hold spaces.
    pub fn aws_with(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = Command::new("aws");
        // Its calls of SQS heed the flag alone, and leave for AWS where only the variable is set (aws-cli 1.46.3).
        command.args(arguments).args(["--output", "json", "--endpoint-url", &self.endpoint]);
        let printed = self.printed(&mut command)?;
        if printed.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&printed).with_context(|| format!("aws {arguments:?}: {printed}"))
    }

    /// The Auto Scaling group of this name.
    pub fn group(&self, name: &str) -> Result<Value> {
        let mut told =
            self.aws(&format!("autoscaling describe-auto-scaling-groups --auto-scaling-group-names {name}"))?;
        let group = told["AutoScalingGroups"][0].take();
        if group.is_null() {
            bail!("there is no Auto Scaling group {name}");
        }
        Ok(group)
    }

    /// Minimum, desired and maximum size of a group.
    pub fn sizes(&self, name: &str) -> Result<[u64; 3]> {
        let group = self.group(name)?;
        Ok(["MinSize", "DesiredCapacity", "MaxSize"].map(|key| group[key].as_u64().unwrap_or_default()))
    }

    pub(super) fn printed(&self, command: &mut Command) -> Result<String> {
        let output = self.lead(command).output().with_context(|| format!("cannot start {command:?}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{}: {}", output.status, said.trim());
        }
        String::from_utf8(output.stdout).context("no text")
    }
}
