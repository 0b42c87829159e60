//! An add-on that is its owner's: its objects are put as the version wants them, and put back when it does not become
//! Ready.

use anyhow::Result;
use replank_addons::{AddOn, Found, Update, update};
use replank_kube::lists::ListError;
use replank_kube::{Connection, objects, rights};
use serde_json::Value;

use super::rollout::{self, Rollout};
use super::{Asked, REMINDER};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;

/// Plans; with `--approve`, puts the objects.
pub(super) fn run(asked: &Asked<'_>, connection: &Connection, printer: &mut Printer) -> Result<Exit> {
    let name = asked.add_on.name();
    let found =
        asked.runtime.block_on(read(asked.add_on, connection)).map_err(|error| bad(error.to_string()))?;
    if !found.iter().any(|found| found.place == asked.add_on.workload()) {
        printer.line(&format!("\"{name}\" was not found"));
        return Ok(Exit::Done);
    }
    let done = update(asked.add_on, &found, &asked.wanted()?, asked.minor);
    let done = done.map_err(|error| bad(error.to_string()))?;
    if done.is_up_to_date() {
        printer.line(&format!("\"{name}\" is already up-to-date"));
        return Ok(Exit::Done);
    }
    tell(&done, asked.flags.approve, printer);
    if !asked.flags.approve {
        printer.line(&format!("(plan) \"{name}\" is not up-to-date"));
        printer.line(REMINDER);
        return Ok(Exit::Done);
    }
    let missing = asked.runtime.block_on(rights::missing(&connection.client, rights::ADD_ON));
    if !missing.is_empty() {
        let named = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(bad(format!(
            "{} does not let this user {named}. These roles do:\n{}",
            connection.server,
            rights::roles(&missing)
        )));
    }
    act(asked, connection, &found, &done, printer)
}

/// The objects of an add-on, as far as they are there.
pub(crate) async fn read(add_on: AddOn, connection: &Connection) -> Result<Vec<Found>, ListError> {
    let mut found = Vec::new();
    for place in add_on.places() {
        if let Some(object) = objects::get(&connection.client, place.path()).await? {
            found.push(Found { place: *place, object });
        }
    }
    Ok(found)
}

/// What changes, and what stays though EKS has something else.
fn tell(done: &Update, is_approved: bool, printer: &mut Printer) {
    if done.from != done.to {
        printer.line(&format!("image tag: {} becomes {}", done.from, done.to));
    }
    done.changes.iter().for_each(|change| printer.line(&format!("changes: {change}")));
    done.keeps.iter().for_each(|kept| printer.line(&format!("stays: {kept}")));
    if !is_approved {
        for found in &done.objects {
            printer.line(&format!("(plan) would have replaced \"{}\"", found.place));
        }
    }
    printer.flush();
}

fn act(
    asked: &Asked<'_>,
    connection: &Connection,
    found: &[Found],
    done: &Update,
    printer: &mut Printer,
) -> Result<Exit> {
    let (name, client) = (asked.add_on.name(), &connection.client);
    let mut put = Vec::new();
    for one in &done.objects {
        let answer = asked.runtime.block_on(objects::put(client, one.place.path(), &one.object));
        if let Err(error) = answer {
            let back = undo(asked, connection, found, &put, printer);
            return Err(bad(format!("\"{}\" could not be replaced: {error}; {back}", one.place)));
        }
        printer.line(&format!("replaced \"{}\"", one.place));
        printer.flush();
        put.push(one.clone());
    }
    let path = asked.add_on.workload().path();
    match asked.runtime.block_on(rollout::wait(connection, path, asked.timeout.unsigned_abs())) {
        Rollout::Ready => {
            printer.line(&format!("\"{name}\" is now up-to-date"));
            Ok(Exit::Done)
        }
        Rollout::Not(why) => {
            printer.line(&format!("\"{name}\" did not become Ready: {why}"));
            let back = undo(asked, connection, found, &put, printer);
            printer.line(&back);
            Ok(Exit::Failed)
        }
    }
}

/// Puts back what was there, the last one first. What somebody else changed meanwhile is left alone but for what was put.
fn undo(
    asked: &Asked<'_>,
    connection: &Connection,
    found: &[Found],
    put: &[Found],
    printer: &mut Printer,
) -> String {
    let mut left = Vec::new();
    for one in put.iter().rev() {
        let path = one.place.path();
        let Some(before) = found.iter().find(|found| found.place == one.place) else { continue };
        let back = async {
            let now = objects::get(&connection.client, path).await?;
            match now {
                Some(now) => {
                    objects::put(&connection.client, path, &restored(&now, &before.object)).await.map(drop)
                }
                None => Ok(()),
            }
        };
        match asked.runtime.block_on(back) {
            Ok(()) => printer.line(&format!("put back \"{}\"", one.place)),
            Err(error) => left.push(format!("\"{}\" ({error})", one.place)),
        }
    }
    if left.is_empty() {
        "everything is as it was".to_owned()
    } else {
        format!("these are not as they were: {}", left.join(", "))
    }
}

/// An object as it is now, with what it was made of before.
pub(crate) fn restored(now: &Value, before: &Value) -> Value {
    let mut object = now.clone();
    for part in ["spec", "data", "rules"] {
        if let Some(value) = before.get(part) {
            object[part] = value.clone();
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::restored;

    #[test]
    fn what_is_put_back_carries_the_version_of_now() {
        let now = json!({"metadata": {"resourceVersion": "9"}, "spec": {"replicas": 2}, "status": {"a": 1}});
        let before = json!({"metadata": {"resourceVersion": "7"}, "spec": {"replicas": 4}});
        assert_eq!(
            restored(&now, &before),
            json!({"metadata": {"resourceVersion": "9"}, "spec": {"replicas": 4}, "status": {"a": 1}})
        );
    }
}
