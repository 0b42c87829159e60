//! Cordons a node for a person: without a note that an update did, so that no update ever takes it away.

use kube::Client;
use replank_core::names::NodeName;
use serde_json::{Value, json};

use crate::{failure, request};

/// Makes the node unschedulable. The error is in words for people.
pub async fn cordon(client: &Client, node: &NodeName) -> Result<(), String> {
    let path = format!("/api/v1/nodes/{node}");
    let body = json!({"spec": {"unschedulable": true}});
    match request::send::<Value>(client, request::patch(&path, &body)).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failure::of(&error)),
    }
}
