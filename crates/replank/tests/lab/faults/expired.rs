//! Watches that are cut for so long that the server has forgotten what they missed.

use std::time::Duration;

use replank_lab::{Event, Mark, Part};
use serde_json::{Value, json};

use super::cut::Wire;
use super::ship::Ship;

const KINDS: [&str; 3] = ["nodes", "pods", "poddisruptionbudgets"];
const BUDGET: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";

/// The version that a watch of the update goes on from; `None` for one that begins with a list.
fn from_version(event: &Event) -> Option<u64> {
    let (_, query) = event.uri().split_once('?')?;
    let version = query.split('&').find_map(|pair| pair.strip_prefix("resourceVersion="));
    version.and_then(|version| version.parse().ok())
}

fn watches<'a>(events: &'a [Event], kind: &'a str) -> impl Iterator<Item = &'a Event> {
    events.iter().filter(move |event| event.verb() == "watch" && event.resource() == kind)
}

fn lists<'a>(events: &'a [Event], kind: &'a str) -> impl Iterator<Item = &'a Event> {
    watches(events, kind).filter(|event| event.uri().contains("sendInitialEvents=true"))
}

/// What the update asked of the server since a mark, in the order it came.
fn asked(ship: &Ship, mark: Mark) -> anyhow::Result<Vec<Event>> {
    let (events, _) = ship.lab.audit().since(mark)?;
    let mut ours: Vec<Event> = events.into_iter().filter(super::ship::is_ours).collect();
    ours.sort_by(|one, other| one.received().cmp(other.received()));
    Ok(ours)
}

/// Changes an object of each kind while nobody of the update looks; the versions that they have then.
fn change_behind_its_back(ship: &Ship) -> [(&'static str, u64); 3] {
    let version = |object: &Value| {
        let text = object["metadata"]["resourceVersion"].as_str().unwrap();
        text.parse::<u64>().unwrap()
    };
    let api = ship.lab.api();
    let note = json!({"metadata": {"annotations": {"changed": "behind its back"}}});
    let noted = ship.old.iter().find_map(|node| api.merge(&format!("/api/v1/nodes/{node}"), &note).ok());
    let node = noted.unwrap();
    // Nothing may leave any more, and nobody has told the update.
    api.merge(BUDGET, &json!({"spec": {"maxUnavailable": 0}})).unwrap();
    let worked_out = || {
        let budget = api.get(BUDGET)?;
        Ok(budget["status"]["observedGeneration"] == budget["metadata"]["generation"])
    };
    ship.lab.wait(Duration::from_mins(2), "the budget to be worked out", worked_out).unwrap();
    let budget = api.get(BUDGET).unwrap();
    let pods = api.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dweb").unwrap();
    let names = pods["items"].as_array().unwrap().iter();
    let names: Vec<&str> = names.filter_map(|pod| pod["metadata"]["name"].as_str()).collect();
    let noted = names.iter().find_map(|name| {
        // One that leaves just now is gone already.
        api.merge(&format!("/api/v1/namespaces/default/pods/{name}"), &note).ok()
    });
    [
        ("nodes", version(&node)),
        ("pods", version(&noted.unwrap())),
        ("poddisruptionbudgets", version(&budget)),
    ]
}

#[test]
fn watches_that_are_cut_and_expired() {
    let ship = Ship::launch();
    let wire = Wire::to(ship.lab.server());
    let update = ship.begin_with(&ship.kubeconfig_by(&format!("https://{}", wire.address)));
    ship.until_draining();
    wire.cut();
    let changed = change_behind_its_back(&ship);
    // A new server remembers nothing that was before it.
    ship.lab.kill(Part::ApiServer).unwrap();
    ship.lab.start_again(Part::ApiServer).unwrap();
    ship.until_told(&["the Kubernetes API cannot be read"]);
    let mark = ship.lab.audit().mark().unwrap();
    wire.mend();
    let listed = || {
        let events = asked(&ship, mark)?;
        Ok(KINDS.iter().all(|kind| lists(&events, kind).next().is_some()))
    };
    let waited = ship.lab.wait(Duration::from_mins(2), "new lists", listed);
    waited.unwrap_or_else(|error| panic!("{error:#}: {}", ship.told()));

    let events = asked(&ship, mark).unwrap();
    for (kind, changed) in changed {
        let went_on = watches(&events, kind).find(|event| from_version(event).is_some());
        let went_on = went_on.unwrap_or_else(|| panic!("{kind}: no watch went on where it was"));
        assert!(from_version(went_on).unwrap() < changed, "{kind}: {} saw {changed}", went_on.uri());
        let (status, answer) = ship.lab.api().request("GET", went_on.uri(), "", &Value::Null).unwrap();
        let said = (status, &answer["type"], &answer["object"]["code"]);
        assert_eq!(said, (200, &json!("ERROR"), &json!(410)), "{kind}: {answer}");
        let list = lists(&events, kind).next().unwrap();
        assert!(list.received() > went_on.received(), "{kind}: {} before {}", list.uri(), went_on.uri());
    }
    let last =
        KINDS.iter().filter_map(|kind| lists(&events, kind).next()).map(Event::received).max().unwrap();
    let blind = events.iter().filter(|event| event.received() < last).filter(|event| {
        let acts = [("create", "pods/eviction"), ("patch", "nodes"), ("delete", "pods")];
        acts.contains(&(event.verb(), event.resource().as_str()))
    });
    let blind: Vec<&str> = blind.map(Event::uri).collect();
    assert!(blind.is_empty(), "done before it was listed anew: {blind:?}");
    let refused = |event: &&Event| event.resource() == "pods/eviction" && event.status() == 429;
    assert_eq!(events.iter().filter(refused).count(), 0, "an eviction by a budget of before");

    ship.lab.api().merge(BUDGET, &json!({"spec": {"maxUnavailable": 1}})).unwrap();
    ship.finished(update);
    ship.judge_by_what_is_left();
}
