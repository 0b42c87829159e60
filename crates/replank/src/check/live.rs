//! Reads a real cluster: every built-in kind that it serves is listed once, and nothing is written.
//!
//! Of Secrets only Helm releases are listed, of `ConfigMap`s those of kube-system and Helm releases. A list that is
//! forbidden is reported, and the rest goes on.

use std::collections::BTreeSet;

use anyhow::Result;
use futures_util::future::join_all;
use replank_check::version::Version;
use replank_check::{Item, Origin, metric};
use replank_kube::Connection;
use replank_kube::lists::{Asked, ListError, list_chosen, version};
use replank_kube::served::{self, Served};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{Looked, burden, releases};
use crate::cli::Reach;
use crate::errors::bad;
use crate::real::connect::connection;
use crate::runtime;

/// Number of lists that are read at the same time.
const AT_ONCE: usize = 8;
/// Objects per page of a list.
const PAGE: u32 = 500;
/// Helm releases per page: each may be one MiB large.
const PAGE_OF_RELEASES: u32 = 40;
/// Resources that no rule reads, or that are read in another way.
const LEFT_OUT: [&str; 6] =
    ["componentstatuses", "configmaps", "controllerrevisions", "events", "secrets", "podtemplates"];
/// HTTP status of a request without permission.
const FORBIDDEN: u16 = 403;

/// One list, with its API group and kind.
struct List {
    group: String,
    resource: String,
    kind: String,
    api_version: String,
    path: String,
    chosen: &'static str,
    page: u32,
    /// Whether it has all objects of its kind.
    is_whole: bool,
}

/// Reads the cluster that the flags name.
pub(super) fn read(reach: &Reach, looked: &mut Looked) -> Result<()> {
    let runtime = runtime::threads()?;
    let connection = connection(&runtime, reach)?;
    runtime.block_on(look(&connection, looked))
}

pub(super) async fn look(connection: &Connection, looked: &mut Looked) -> Result<()> {
    let client = &connection.client;
    let runs = version(client).await.map_err(|error| answer(&error))?;
    looked.subject.cluster = Version::parse(&runs);
    let found = served::kinds(client).await.map_err(|error| answer(&error))?;
    for group in &found.silent {
        looked.unseen.push(format!("{group} does not answer, so its kinds were not read"));
    }
    let lists = lists(&found.kinds);
    let (turns, mut count, mut kinds) = (Semaphore::new(AT_ONCE), 0, 0);
    let read = lists.iter().map(async |list| {
        let _turn = turns.acquire().await;
        let mut objects = Vec::new();
        let asked = Asked { path: &list.path, chosen: list.chosen, page: list.page };
        let ended = list_chosen(client, asked, |object| objects.push(trimmed(list, object))).await;
        (ended, once(objects))
    });
    // Together with the lists, not after them: it is one long answer.
    let (answers, metrics) = tokio::join!(join_all(read), served::metrics(client));
    let mut items = Vec::new();
    for (list, (ended, objects)) in lists.iter().zip(answers) {
        match ended {
            Ok(()) => {
                (count, kinds) = (count + objects.len(), kinds + usize::from(list.is_whole));
                if list.is_whole {
                    looked.subject.complete.insert((list.group.clone(), list.kind.clone()));
                }
            }
            Err(error) => lack(list, &error, looked),
        }
        items.extend(objects.into_iter().map(|object| Item { object, origin: Origin::Live }));
    }
    looked.is_blind = kinds == 0;
    looked.at.push(format!("{count} objects of {kinds} kinds of {}", connection.server));
    releases::take_apart(items, looked);
    match metrics {
        Ok(page) => looked.subject.requested = Some(metric::read(&page)),
        Err(error) => {
            if error.code == Some(FORBIDDEN) {
                looked.lacking.insert((String::new(), "/metrics".to_owned(), "get".to_owned()));
            }
            looked.unseen.push(format!("who still asks for deprecated APIs is not known: {error}"));
        }
    }
    unchanged(&runs, &version(client).await.map_err(|error| answer(&error))?)
}

/// A server that does not answer as it should.
fn answer(error: &ListError) -> anyhow::Error {
    bad(error.to_string())
}

/// An error when the version at the beginning is of another minor than that at the end: what was read between them is of
/// both.
fn unchanged(begin: &str, end: &str) -> Result<()> {
    let minor = |text: &str| Version::parse(text).map(|version| version.minor);
    if minor(begin) == minor(end) {
        return Ok(());
    }
    Err(bad(format!(
        "the control plane is being upgraded: it answered as {begin} first and as {end} in the end; check it when that is \
         done"
    )))
}

/// Removes duplicates: an object that changes between two pages may be on both. The later one is kept.
fn once(mut objects: Vec<Value>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    objects.reverse();
    objects.retain(|object| match object["metadata"]["uid"].as_str() {
        None | Some("") => true,
        Some(uid) => seen.insert(uid.to_owned()),
    });
    objects.reverse();
    objects
}

/// Records a list that could not be read, with the permission it needs.
fn lack(list: &List, error: &ListError, looked: &mut Looked) {
    let what = if list.group.is_empty() {
        list.resource.clone()
    } else {
        format!("{}.{}", list.resource, list.group)
    };
    looked.unseen.push(format!("{what} could not be listed: {error}"));
    if error.code == Some(FORBIDDEN) {
        looked.lacking.insert((list.group.clone(), list.resource.clone(), "list".to_owned()));
    }
}

fn lists(kinds: &[Served]) -> Vec<List> {
    let is_own = |group: &str| !group.contains('.') || group.ends_with(".k8s.io");
    let is_measured = |group: &str| group.ends_with("metrics.k8s.io");
    let wanted = kinds.iter().filter(|kind| {
        is_own(&kind.group) && !is_measured(&kind.group) && !LEFT_OUT.contains(&kind.resource.as_str())
    });
    let mut lists: Vec<List> = wanted
        .map(|kind| List {
            group: kind.group.clone(),
            resource: kind.resource.clone(),
            kind: kind.kind.clone(),
            api_version: kind.api_version(),
            path: kind.path(),
            chosen: "",
            page: PAGE,
            is_whole: true,
        })
        .collect();
    for (resource, kind, path, chosen, page) in [
        (
            "secrets",
            "Secret",
            "/api/v1/secrets",
            "fieldSelector=type%3Dhelm.sh%2Frelease.v1",
            PAGE_OF_RELEASES,
        ),
        ("configmaps", "ConfigMap", "/api/v1/configmaps", "labelSelector=owner%3Dhelm", PAGE_OF_RELEASES),
        (
            "configmaps",
            "ConfigMap",
            "/api/v1/namespaces/kube-system/configmaps",
            "labelSelector=owner%21%3Dhelm",
            PAGE,
        ),
    ] {
        lists.push(List {
            group: String::new(),
            resource: resource.to_owned(),
            kind: kind.to_owned(),
            api_version: "v1".to_owned(),
            path: path.to_owned(),
            chosen,
            page,
            is_whole: false,
        });
    }
    lists
}

/// Adds `apiVersion` and `kind`, which items of a list lack, and removes what no rule reads.
fn trimmed(list: &List, mut object: Value) -> Value {
    object["kind"] = Value::from(list.kind.as_str());
    object["apiVersion"] = Value::from(list.api_version.as_str());
    burden::take_off(&mut object);
    object
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{once, unchanged};

    #[test]
    fn a_server_that_changes_its_minor_meanwhile_is_being_upgraded() {
        assert!(unchanged("v1.34.4", "v1.34.6-eks-3c60543").is_ok());
        let said = unchanged("v1.34.4", "v1.35.4").unwrap_err().to_string();
        assert!(
            said.contains("being upgraded: it answered as v1.34.4 first and as v1.35.4 in the end"),
            "{said}"
        );
    }

    #[test]
    fn an_object_of_two_pages_counts_once() {
        let one = |uid: &str, version: u32| json!({"metadata": {"uid": uid, "resourceVersion": version}});
        let bare = json!({"metadata": {"name": "virtual"}});
        let given: Vec<Value> =
            vec![one("a", 1), one("b", 1), bare.clone(), bare.clone(), one("a", 2), one("c", 1)];
        assert_eq!(once(given), [one("b", 1), bare.clone(), bare, one("a", 2), one("c", 1)]);
    }
}
