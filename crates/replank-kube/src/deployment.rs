//! Deployments that are changed for the time of an update and given back: read, changed as they are then, and why not.

use kube::Client;
use replank_core::names::ObjectName;
use serde_json::Value;
use thiserror::Error;

use crate::{failure, request};

/// Attempts at a write that nobody else makes at the same time.
const TRIES: usize = 5;

/// Why a Deployment could not be changed or given back.
#[derive(Debug, Error)]
pub enum DeploymentError {
    /// There is none of that name.
    #[error("there is no Deployment {0}; `kubectl get deployments -A` shows which there are")]
    None(ObjectName),
    /// The server refused.
    #[error("Deployment {name}: {said}; {permitted_by}")]
    Refused {
        /// Namespace and name of the Deployment.
        name: ObjectName,
        /// What the server said.
        said: String,
        /// Which role of `replank rbac` permits it.
        permitted_by: &'static str,
    },
    /// Somebody else writes to it all the time.
    #[error("Deployment {0} changes all the time; the last of {TRIES} tries met another change")]
    Contended(ObjectName),
}

/// A Deployment, and which role permits what is done to it.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) client: &'a Client,
    pub(crate) name: &'a ObjectName,
    pub(crate) permitted_by: &'static str,
}

impl Target<'_> {
    /// Makes a change, if there is one to make, to the Deployment as it is then. Whether there was one.
    pub(crate) async fn change(&self, of: impl Fn(&Value) -> Option<Value>) -> Result<bool, DeploymentError> {
        for _ in 0..TRIES {
            let deployment = self.read().await?;
            let Some(mut change) = of(&deployment) else { return Ok(false) };
            change["metadata"]["resourceVersion"] = deployment["metadata"]["resourceVersion"].clone();
            match request::send::<Value>(self.client, request::patch(&path(self.name), &change)).await {
                Ok(_) => return Ok(true),
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(error) => return Err(self.refused(&error)),
            }
        }
        Err(DeploymentError::Contended(self.name.clone()))
    }

    /// Whether a change would be let: the server tries it and stores nothing.
    pub(crate) async fn would_change(&self, change: &Value) -> Result<(), DeploymentError> {
        let tried =
            request::send::<Value>(self.client, request::dry_run_patch(&path(self.name), change)).await;
        tried.map(drop).map_err(|error| self.refused(&error))
    }

    /// The Deployment as it is.
    pub(crate) async fn read(&self) -> Result<Value, DeploymentError> {
        request::send(self.client, request::get(&path(self.name))).await.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &kube::Error) -> DeploymentError {
        match error {
            kube::Error::Api(status) if status.code == 404 => DeploymentError::None(self.name.clone()),
            error => {
                let (name, said) = (self.name.clone(), failure::of(error));
                DeploymentError::Refused { name, said, permitted_by: self.permitted_by }
            }
        }
    }
}

/// Deployments of the cluster of which this is true. What may not be read counts as none.
pub(crate) async fn all(client: &Client, is: impl Fn(&Value) -> bool) -> Vec<ObjectName> {
    let list =
        request::send::<Value>(client, request::get("/apis/apps/v1/deployments")).await.unwrap_or_default();
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice).iter();
    items
        .filter(|deployment| is(deployment))
        .map(|it| ObjectName::new(text(&it["metadata"]["namespace"]), text(&it["metadata"]["name"])))
        .collect()
}

/// A text of an object; empty where there is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn path(name: &ObjectName) -> String {
    let (namespace, name) = (request::escaped(&name.namespace), request::escaped(&name.name));
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
}
