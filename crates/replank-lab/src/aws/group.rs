//! A self-managed node group: an Auto Scaling group in subnets of its own, and what it launches from.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::process::Command;

use super::account::Account;
use super::images;
use super::moto::source;

/// What a group launches from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launches {
    /// A launch template.
    Template,
    /// A mixed instances policy with these instance types.
    Mixed(Vec<String>),
    /// A launch configuration.
    Configuration,
}

/// A group to create.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name, and that of its launch template or configuration.
    pub name: String,
    /// The cluster in its tags.
    pub cluster: String,
    /// Zones; a subnet in each.
    pub zones: Vec<String>,
    /// Minimum, desired and maximum size.
    pub sizes: [u32; 3],
    /// Image of the first template version.
    pub image: String,
    /// What its first template version launches, such as `m5.large`.
    pub instance_type: String,
    /// Template, mixed instances policy or launch configuration.
    pub launches: Launches,
    /// The template version it points at: a number, `$Default` or `$Latest`.
    pub version: String,
}

/// Ids of what was created besides the group.
#[derive(Clone, Debug)]
pub struct Made {
    /// Subnets, one for each zone.
    pub subnets: Vec<String>,
    /// Security group of the nodes.
    pub security_group: String,
    /// Id of the launch template; empty where there is none.
    pub template: String,
}

impl Group {
    /// `nodes` nodes of the image before the newest, in three zones, from a launch template.
    pub fn new(name: &str, nodes: u32) -> Self {
        Self {
            name: name.to_owned(),
            cluster: "lab".to_owned(),
            zones: ["a", "b", "c"].map(|letter| format!("{}{letter}", super::REGION)).into(),
            sizes: [nodes, nodes, nodes * 2],
            image: images::OLD.to_owned(),
            instance_type: "m5.large".to_owned(),
            launches: Launches::Template,
            version: "1".to_owned(),
        }
    }

    /// Creates it, and what it needs.
    pub fn create(&self, account: &Account) -> Result<Made> {
        let (launches, overrides) = match &self.launches {
            Launches::Template => ("template", [].as_slice()),
            Launches::Mixed(types) => ("mixed", types.as_slice()),
            Launches::Configuration => ("configuration", [].as_slice()),
        };
        let [min, desired, max] = self.sizes;
        let wanted = json!({
            "name": self.name, "cluster": self.cluster, "zones": self.zones, "min": min, "desired": desired,
            "max": max, "image": self.image, "instance_type": self.instance_type, "launches": launches,
            "overrides": overrides, "version": self.version,
        });
        let mut command = Command::new("python3");
        command.arg(source("furnish.py")).arg(wanted.to_string());
        let printed = account.printed(&mut command).context("the group cannot be made")?;
        let made: Value = serde_json::from_str(&printed).context("no JSON")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Made {
            subnets: made["subnets"].as_array().into_iter().flatten().map(text).collect(),
            security_group: text(&made["security_group"]),
            template: text(&made["template"]),
        })
    }
}
