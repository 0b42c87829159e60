//! Add-ons that are their owner's, as steps of an upgrade: their objects are put, watched, and put back. What was there
//! before is in a file of the data directory before anything is put, so that a kill loses nothing.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use replank_addons::{AddOn, AddOnObject, Found, update};
use replank_core::cluster_upgrade::observed::{Rollout, Running, Stands, Work};
use replank_core::names::UpdateId;
use replank_core::observed::{Answer, Refused};
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_engine::state_file;
use replank_kube::lists::ListError;
use replank_kube::{Connection, objects};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::real::add_on::objects::{read, restored};
use crate::real::add_on::rollout::{self, stands};

/// The add-ons that a cluster's owner may keep instead of EKS.
pub(super) const ALL: [AddOn; 3] = [AddOn::KubeProxy, AddOn::CoreDns, AddOn::AwsNode];

/// Statuses with which a server refuses for now: the object changed meanwhile, too many requests, trouble of its own.
const PASSES: [u16; 6] = [409, 429, 500, 502, 503, 504];

/// The add-on that the service knows by a name.
pub(super) fn named(name: &str) -> Option<AddOn> {
    ALL.into_iter().find(|add_on| add_on.eks_name() == name)
}

/// One attempt at an add-on, as its file has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    /// Path and object of everything that was changed, as it was before.
    before: Vec<(String, Value)>,
    /// When all objects were put; `None` until then.
    put_at: Option<Timestamp>,
    /// Whether every pod followed.
    is_done: bool,
    /// How it was put back, for people.
    undone: Option<String>,
}

/// Attempts at add-ons, kept in a data directory.
#[derive(Clone, Debug)]
pub(super) struct OwnAddOns {
    connection: Connection,
    directory: PathBuf,
}

impl OwnAddOns {
    /// Those of a cluster.
    pub(super) fn new(connection: Connection, data: &Path) -> Self {
        Self { connection, directory: data.to_owned() }
    }

    fn file(&self, id: &UpdateId) -> PathBuf {
        self.directory.join(format!("add-on-{id}.json"))
    }

    fn kept(&self, id: &UpdateId) -> Result<Option<Attempt>, ReadError> {
        state_file::read(&self.file(id)).map_err(|error| ReadError(error.to_string()))
    }

    fn keep(&self, id: &UpdateId, attempt: &Attempt) -> Result<(), ReadError> {
        state_file::write(&self.file(id), attempt).map_err(|error| ReadError(error.to_string()))
    }

    /// Tag of the image that an add-on runs; `None` when it is not there.
    pub(super) async fn tag(&self, add_on: AddOn) -> Result<Option<String>, ReadError> {
        let found = objects::get(&self.connection.client, add_on.workload().path()).await;
        let found = found.map_err(|error| ReadError(error.to_string()))?;
        let image = |object: &Value| {
            let containers = object.pointer("/spec/template/spec/containers")?.as_array()?;
            let own = containers.iter().find(|one| one["name"] == add_on.name())?;
            let (_, tag) = own["image"].as_str()?.rsplit_once(':')?;
            Some(tag.replace("-minimal", ""))
        };
        Ok(found.as_ref().and_then(image))
    }

    /// How an attempt stands, and how its pods follow; `None` before all objects were put.
    pub(super) async fn work(
        &self,
        id: &UpdateId,
        add_on: AddOn,
    ) -> Result<Option<(Work, Option<Rollout>)>, ReadError> {
        let Some(mut attempt) = self.kept(id)? else { return Ok(None) };
        let work = |stands| Work { update: id.clone(), stands };
        if let Some(message) = attempt.undone.clone() {
            return Ok(Some((work(Stands::Failed { message }), None)));
        }
        if attempt.is_done {
            return Ok(Some((work(Stands::Succeeded), None)));
        }
        let Some(since) = attempt.put_at else { return Ok(None) };
        let found = objects::get(&self.connection.client, add_on.workload().path()).await;
        let found = found.map_err(|error| ReadError(error.to_string()))?;
        let (why, is_given_up) = match found.as_ref().map(stands) {
            Some(rollout::Stands::Ready) => {
                attempt.is_done = true;
                self.keep(id, &attempt)?;
                return Ok(Some((work(Stands::Succeeded), None)));
            }
            Some(rollout::Stands::NotYet(why)) => (why, false),
            Some(rollout::Stands::Never(why)) => (why, true),
            None => ("it is gone".to_owned(), true),
        };
        let running = work(Stands::Running(Running::default()));
        Ok(Some((running, Some(Rollout { since, why, is_given_up }))))
    }

    /// Puts the objects of an add-on as a version wants them. What of them was put before is left as it is.
    pub(super) async fn start(&self, id: &UpdateId, add_on: AddOn, version: &str, minor: Minor) -> Answer {
        match self.put(id, add_on, version, minor).await {
            Ok(answer) => answer,
            Err(ReadError(why)) => Answer::CannotTell(why),
        }
    }

    async fn put(
        &self,
        id: &UpdateId,
        add_on: AddOn,
        version: &str,
        minor: Minor,
    ) -> Result<Answer, ReadError> {
        let found = read(add_on, &self.connection).await.map_err(|error| ReadError(error.to_string()))?;
        let wanted = match update(add_on, &found, version, minor) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(Answer::Impossible(error.to_string())),
        };
        let usual = || Attempt { before: Vec::new(), put_at: None, is_done: false, undone: None };
        let mut attempt = self.kept(id)?.unwrap_or_else(usual);
        if wanted.is_up_to_date() && attempt.before.is_empty() {
            attempt.is_done = true;
            self.keep(id, &attempt)?;
            return Ok(Answer::Done);
        }
        for one in &wanted.objects {
            let path = one.place.path();
            let is_kept = attempt.before.iter().any(|(kept, _)| kept == path);
            let before = found.iter().find(|found| found.place == one.place);
            if let Some(before) = before.filter(|_| !is_kept) {
                attempt.before.push((path.to_owned(), before.object.clone()));
            }
        }
        self.keep(id, &attempt)?;
        for Found { place, object } in &wanted.objects {
            if let Err(error) = objects::put(&self.connection.client, place.path(), object).await {
                return Ok(refused(*place, &error));
            }
        }
        attempt.put_at = Some(Timestamp::now());
        self.keep(id, &attempt)?;
        Ok(Answer::Done)
    }

    /// Puts back what was there, the last object first. What somebody else changed meanwhile stays, but for what was put.
    pub(super) async fn undo(&self, id: &UpdateId, add_on: AddOn, why: &str) -> Answer {
        let told = |error: &ReadError| Answer::CannotTell(error.0.clone());
        let mut attempt = match self.kept(id) {
            Ok(Some(attempt)) if attempt.undone.is_none() => attempt,
            Ok(_) => return Answer::Done,
            Err(error) => return told(&error),
        };
        for (path, before) in attempt.before.iter().rev() {
            let back = async {
                match objects::get(&self.connection.client, path).await? {
                    Some(now) => {
                        objects::put(&self.connection.client, path, &restored(&now, before)).await.map(drop)
                    }
                    None => Ok(()),
                }
            };
            if let Err(error) = back.await {
                return Answer::NotYet(Refused::Other { message: format!("{path}: {error}") });
            }
        }
        let said = format!("{} did not become available: {why}; everything is as it was", add_on.name());
        attempt.undone = Some(said);
        match self.keep(id, &attempt) {
            Ok(()) => Answer::Done,
            Err(error) => told(&error),
        }
    }
}

/// What a refusal of the API server means.
fn refused(place: AddOnObject, error: &ListError) -> Answer {
    let message = format!("\"{place}\" could not be replaced: {error}");
    match error.code {
        Some(code) if PASSES.contains(&code) => Answer::NotYet(Refused::Other { message }),
        Some(_) => Answer::Impossible(message),
        None => Answer::CannotTell(message),
    }
}
