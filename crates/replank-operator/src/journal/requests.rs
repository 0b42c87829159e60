//! Requests for the objects of the journal, each once and within its time.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ListParams, PostParams};
use kube::{Client, Resource, ResourceExt};
use replank_engine::journal::store::{Added, NewFact, NewRow};
use thiserror::Error;

use super::part::{Part, records};
use crate::api::{AskedRecord, NodeGroupUpdate, UpdateRecord, UpdateRecordSpec};

/// Label with the id of the update.
const UPDATE: &str = "replank.dev/update";
/// Label of heads alone.
const HEAD: &str = "replank.dev/head";
/// Label with how the update ended, on the part with its end.
pub(super) const STATE: &str = "replank.dev/state";
/// Field manager of every write.
const FIELD_MANAGER: &str = "replank-operator";
/// Time limit for a request.
const DEADLINE: Duration = Duration::from_secs(15);
/// Objects in a page: parts have up to some hundred kilobytes.
const PAGE: u32 = 20;

/// A request that failed.
#[derive(Debug, Error)]
pub(super) enum Failed {
    /// The server refused it, or does not answer.
    #[error("{}", replank_kube::failure(.0))]
    Kube(kube::Error),
    /// No answer in time.
    #[error("no answer within {} s", DEADLINE.as_secs())]
    Late,
    /// What was there before is not there any more.
    #[error("the records of the update are gone: somebody removed them")]
    Gone,
}

/// The objects behind an API server.
pub(super) struct Requests {
    records: Api<UpdateRecord>,
    updates: Api<NodeGroupUpdate>,
}

impl Requests {
    pub(super) fn new(client: Client) -> Self {
        Self { records: Api::all(client.clone()), updates: Api::all(client) }
    }

    /// What was asked for with each update, in the order in which they were added, and how those ended that have.
    pub(super) async fn heads(
        &self,
    ) -> Result<(Vec<(String, AskedRecord)>, BTreeMap<String, String>), Failed> {
        let mut heads = self.all(HEAD).await?;
        // A head is never changed, so its version is that of its creation.
        heads.sort_by_key(|it| it.resource_version().and_then(|it| it.parse::<u64>().ok()));
        let heads = heads.into_iter().filter_map(|head| Some((head.spec.update, head.spec.asked?)));
        let ended = ListParams::default().labels(STATE);
        let ended = within(self.records.list_metadata(&ended)).await?.items.into_iter();
        let state = |one: kube::core::PartialObjectMeta<UpdateRecord>| {
            let labels = one.labels();
            Some((labels.get(UPDATE)?.clone(), labels.get(STATE)?.clone()))
        };
        Ok((heads.collect(), ended.filter_map(state).collect()))
    }

    /// The head of an update.
    pub(super) async fn head(&self, id: &str) -> Result<Option<UpdateRecord>, Failed> {
        within(self.records.get_opt(&name(id, 0))).await
    }

    /// All parts with facts of an update, in their order.
    pub(super) async fn parts(&self, id: &str) -> Result<Vec<Part>, Failed> {
        let parts = self.all(&format!("{UPDATE}={id},!{HEAD}")).await?;
        let mut parts: Vec<Part> = parts.into_iter().map(Part).collect();
        parts.sort_by_key(Part::number);
        Ok(parts)
    }

    /// The same from a part on that was there once.
    pub(super) async fn parts_from(&self, id: &str, mut number: u32) -> Result<Vec<Part>, Failed> {
        let mut parts = Vec::new();
        while let Some(record) = within(self.records.get_opt(&name(id, number))).await? {
            let part = Part(record);
            let is_full = part.is_full();
            parts.push(part);
            if !is_full {
                break;
            }
            number += 1;
        }
        if parts.is_empty() { Err(Failed::Gone) } else { Ok(parts) }
    }

    /// Makes the head of an update; it goes with the object that asked for it.
    pub(super) async fn add(&self, row: &NewRow<'_>) -> Result<Added, Failed> {
        let asked = AskedRecord {
            workflow: row.workflow.to_owned(),
            cluster: row.cluster.to_owned(),
            group: row.group.to_owned(),
            version: row.version,
            spec: row.spec.to_owned(),
            started_at: row.started_at.to_owned(),
        };
        let spec =
            UpdateRecordSpec { update: row.id.to_owned(), asked: Some(asked), ..UpdateRecordSpec::default() };
        let mut head = record(spec, self.owner(row.id).await?);
        head.labels_mut().insert(HEAD.to_owned(), "true".to_owned());
        Ok(self.create(&head).await?.map_or(Added::Refused, |_| Added::Yes))
    }

    /// Adds facts behind the last part; the part with them, or nothing when somebody else was faster or there is no such
    /// update.
    pub(super) async fn append(
        &self,
        id: &str,
        tail: Option<&Part>,
        facts: &[NewFact],
        state: Option<&str>,
    ) -> Result<Option<Part>, Failed> {
        if let Some(tail) = tail.filter(|tail| !tail.is_full()) {
            return self.replace(&tail.with(facts, state)).await;
        }
        let Some(head) = self.head(id).await? else { return Ok(None) };
        let spec = UpdateRecordSpec {
            update: id.to_owned(),
            part: tail.map_or(0, Part::number) + 1,
            first_seq: tail.map_or(0, Part::next_seq),
            facts: records(facts).collect(),
            state: state.map(str::to_owned),
            ..UpdateRecordSpec::default()
        };
        let mut record = record(spec, head.metadata.owner_references.unwrap_or_default());
        if let Some(state) = state {
            record.labels_mut().insert(STATE.to_owned(), state.to_owned());
        }
        self.create(&record).await
    }

    /// The object whose uid is the id of the update.
    async fn owner(&self, id: &str) -> Result<Vec<OwnerReference>, Failed> {
        let updates = within(self.updates.list_metadata(&ListParams::default())).await?;
        let owner = updates.items.into_iter().find(|it| it.uid().as_deref() == Some(id));
        let reference = |owner: kube::core::PartialObjectMeta<NodeGroupUpdate>| OwnerReference {
            api_version: NodeGroupUpdate::api_version(&()).into_owned(),
            kind: NodeGroupUpdate::kind(&()).into_owned(),
            name: owner.name_any(),
            uid: id.to_owned(),
            ..OwnerReference::default()
        };
        Ok(owner.map(reference).into_iter().collect())
    }

    async fn create(&self, record: &UpdateRecord) -> Result<Option<Part>, Failed> {
        unless_beaten(within(self.records.create(&by_us(), record)).await)
    }

    /// Replaces a part; its version makes that fail when somebody else wrote in between.
    async fn replace(&self, record: &UpdateRecord) -> Result<Option<Part>, Failed> {
        unless_beaten(within(self.records.replace(&record.name_any(), &by_us(), record)).await)
    }

    /// All records with labels, page by page.
    async fn all(&self, labels: &str) -> Result<Vec<UpdateRecord>, Failed> {
        let mut asked = ListParams::default().labels(labels).limit(PAGE);
        let mut found = Vec::new();
        loop {
            let page = within(self.records.list(&asked)).await?;
            found.extend(page.items);
            match page.metadata.continue_.filter(|more| !more.is_empty()) {
                Some(more) => asked = asked.continue_token(&more),
                None => return Ok(found),
            }
        }
    }
}

/// Name of a part.
fn name(id: &str, part: u32) -> String {
    format!("{id}-{part:04}")
}

fn record(spec: UpdateRecordSpec, owners: Vec<OwnerReference>) -> UpdateRecord {
    let (name, id) = (name(&spec.update, spec.part), spec.update.clone());
    let mut record = UpdateRecord::new(&name, spec);
    record.labels_mut().insert(UPDATE.to_owned(), id);
    record.metadata.owner_references = Some(owners).filter(|owners| !owners.is_empty());
    record
}

fn by_us() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() }
}

/// Nothing, when the server says that somebody else was faster.
fn unless_beaten(written: Result<UpdateRecord, Failed>) -> Result<Option<Part>, Failed> {
    match written {
        Ok(record) => Ok(Some(Part(record))),
        Err(Failed::Kube(kube::Error::Api(status))) if status.code == 409 => Ok(None),
        Err(Failed::Kube(kube::Error::Api(status))) if status.code == 404 => Err(Failed::Gone),
        Err(failed) => Err(failed),
    }
}

async fn within<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Failed> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(answered) => answered.map_err(Failed::Kube),
        Err(_) => Err(Failed::Late),
    }
}
