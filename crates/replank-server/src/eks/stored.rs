//! Shared by operations that only record what is given: resources below a cluster.

use replank_service::ports::Account;
use replank_service::records::{Change, Key, Kind};
use serde_json::{Map, Value};

use super::{EksError, Exception, Input, page};
use crate::app::App;
use replank_service::{now, records, seconds};

/// A new record with the given members and both times.
pub(super) fn document(input: &Input, members: &[&str]) -> Map<String, Value> {
    let given = members.iter().filter_map(|name| Some(((*name).to_owned(), input.value(name)?.clone())));
    let mut document: Map<String, Value> = given.collect();
    let at = seconds(now());
    document.insert("createdAt".into(), at.into());
    document.insert("modifiedAt".into(), at.into());
    document
}

/// Puts given members over a record.
pub(super) fn lay_over(document: &mut Value, input: &Input, members: &[&str]) {
    for name in members {
        if let Some(value) = input.value(name) {
            document[*name] = value.clone();
        }
    }
    document["modifiedAt"] = seconds(now()).into();
}

/// A record in the request's cluster, by name.
pub(super) fn find<A: Account>(
    app: &App<A>,
    input: &Input,
    kind: Kind,
    name: &str,
    missing: impl FnOnce() -> EksError,
) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let record = app.service.records.get(&Key::new(kind, &cluster.name, name)).ok_or_else(missing)?;
    Ok(record.document.clone())
}

/// The same inside a change.
pub(super) fn find_in(
    change: &Change<'_>,
    input: &Input,
    kind: Kind,
    name: &str,
    missing: impl FnOnce() -> EksError,
) -> Result<Value, EksError> {
    let cluster = input.text("clusterName");
    if change.get(&Key::new(Kind::Cluster, "", cluster)).is_none() {
        return Err(EksError::no_cluster(cluster));
    }
    change.get(&Key::new(kind, cluster, name)).ok_or_else(missing)
}

/// Adds a new record; refused when one of that name exists.
pub(super) fn add(
    change: &mut Change<'_>,
    input: &Input,
    kind: Kind,
    name: &str,
    document: Value,
    taken: impl FnOnce() -> EksError,
) -> Result<(), EksError> {
    let cluster = input.text("clusterName");
    let known =
        change.get(&Key::new(Kind::Cluster, "", cluster)).ok_or_else(|| EksError::no_cluster(cluster))?;
    if known["status"] != "ACTIVE" {
        let said = format!("Cluster '{cluster}' is not in ACTIVE status");
        return Err(EksError::new(Exception::InvalidRequest, said).cluster(cluster));
    }
    let key = Key::new(kind, cluster, name);
    if change.get(&key).is_some() {
        return Err(taken());
    }
    change.put(key, document);
    Ok(())
}

/// A page of names of records in the request's cluster.
pub(super) fn names<A: Account>(
    app: &App<A>,
    input: &Input,
    kind: Kind,
    member: &str,
) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let names = app.service.records.list(kind, &cluster.name).into_iter().map(|(key, _)| key.name).collect();
    page::of_names(member, names, input)
}

/// Removes a record and returns what it was.
pub(super) fn remove<A: Account>(
    app: &App<A>,
    input: &Input,
    kind: Kind,
    name: &str,
    missing: impl FnOnce() -> EksError,
) -> Result<Value, EksError> {
    let outcome = app.service.records.change(|change| {
        let document = find_in(change, input, kind, name, missing)?;
        change.remove(Key::new(kind, input.text("clusterName"), name));
        Ok::<_, EksError>(document)
    });
    Ok(outcome?)
}
