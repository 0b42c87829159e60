//! Cordons a node for a person, without the note in `replank.dev/marks`, so that no update ever removes the cordon.

use kube::Client;
use replank_core::names::{NodeName, Uid};
use replank_core::observed::Answer;
use serde_json::{Value, json};

use super::answer;
use crate::{failure, request};

/// Sets `spec.unschedulable` of the node. The error is a message for people.
pub async fn cordon(client: &Client, node: &NodeName) -> Result<(), String> {
    ask(client, node, None).await.map_err(|error| failure::of(&error))
}

/// The same for a node that somebody uncordoned. A no-op when the node has another uid by now.
pub(crate) async fn cordon_again(client: &Client, node: &NodeName, uid: Uid) -> Answer {
    match ask(client, node, Some(uid)).await {
        Ok(()) => Answer::Done,
        Err(error) => answer::of(&error),
    }
}

async fn ask(client: &Client, node: &NodeName, uid: Option<Uid>) -> Result<(), kube::Error> {
    let path = format!("/api/v1/nodes/{node}");
    let mut body = json!({"spec": {"unschedulable": true}});
    if let Some(uid) = uid {
        body["metadata"]["uid"] = uid.to_string().into();
    }
    request::send::<Value>(client, request::patch(&path, &body)).await.map(drop)
}
