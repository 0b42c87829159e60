//! Every check is proved by a planted cluster that has its finding, and by one beside it that must not have it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use replank_check::version::Version;
use replank_check::{
    Answered, Item, Name, Origin, Question, ReadBy, Subject, Unreadable, check, metric, stand,
};
use serde_json::Value;

fn plants() -> BTreeMap<String, Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("plants");
    let read = |path: &Path| {
        let text = fs::read_to_string(path).expect("a plant");
        let plant: Value = serde_saphyr::from_str(&text)
            .map_err(|error| format!("{}: {error}", path.display()))
            .expect("YAML");
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), plant)
    };
    fs::read_dir(directory).expect("plants").map(|entry| read(&entry.expect("a file").path())).collect()
}

fn items(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

fn subject(plant: &Value, side: &Value) -> Subject {
    let live = items(&side["live"]).into_iter().map(|object| Item { object, origin: Origin::Live });
    let place =
        |(index, object)| Item { object, origin: Origin::File { place: format!("web.yaml:{index}") } };
    let files = items(&side["files"]).into_iter().enumerate().map(place);
    let mut all: Vec<Item> = live.chain(files).collect();
    for release in items(&side["releases"]) {
        let text = |name: &str| release[name].as_str().unwrap_or_default().to_owned();
        let origin = Origin::Release {
            release: ("shop".to_owned(), text("name")),
            revision: release["revision"].as_u64().expect("a revision") as u32,
            status: text("status"),
            standing: ReadBy::Past,
            hook: release["hook"].as_str().map(str::to_owned),
        };
        all.extend(
            items(&release["objects"]).into_iter().map(|object| Item { object, origin: origin.clone() }),
        );
    }
    stand(&mut all);
    let unreadable = side["unreadable"]
        .as_str()
        .map(|why| Unreadable { object: Name::of("Secret", "x"), why: why.into() });
    let complete = items(&side["complete"]).into_iter().map(|kind| {
        let (group, kind) = kind.as_str().and_then(|it| it.split_once('/')).expect("group/Kind");
        (group.to_owned(), kind.to_owned())
    });
    let answers = items(&side["answers"]).into_iter().map(|answer| Answered {
        item: answer["item"].as_u64().expect("an index") as usize,
        warnings: items(&answer["warnings"]).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        refused: answer["refused"].as_str().map(str::to_owned),
    });
    Subject {
        items: all,
        answered: answers.collect(),
        unreadable: unreadable.into_iter().collect(),
        requested: side["metric"].as_str().map(metric::read),
        cluster: plant["from"].as_str().and_then(Version::parse),
        complete: complete.collect(),
    }
}

/// The severity and the evidence of what a check finds.
fn found(id: &str, plant: &Value, side: &Value) -> Vec<(String, String)> {
    let target =
        side["target"].as_str().or(plant["target"].as_str()).and_then(Version::parse).expect("a target");
    let today = side["today"].as_str().map(|day| day.parse().expect("a day"));
    let question = Question { target, strict_skew: side["strict"] == true, today };
    let findings = check(&subject(plant, side), &question);
    findings
        .into_iter()
        .filter(|finding| finding.check.id == id)
        .map(|finding| (finding.severity.word().to_owned(), finding.evidence.join("; ")))
        .collect()
}

#[test]
fn every_check_finds_its_plant_and_spares_what_is_beside_it() {
    for (id, plant) in plants() {
        let findings = found(&id, &plant, &plant["finds"]);
        let wanted: Vec<&str> =
            plant["evidence"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(!wanted.is_empty(), "{id}: the plant names no evidence");
        let evidence: Vec<&str> = findings.iter().map(|(_, evidence)| evidence.as_str()).collect();
        assert_eq!(evidence, wanted, "{id}");
        for side in items(&plant["spares"]) {
            assert_eq!(found(&id, &plant, &side), [], "{id}: {side}");
        }
        assert!(!items(&plant["spares"]).is_empty(), "{id}: nothing beside it is spared");
    }
}

#[test]
fn every_check_has_a_plant() {
    let ids: BTreeSet<String> = replank_check::CHECKS
        .iter()
        .flat_map(|checks| checks.iter())
        .map(|check| check.id.to_owned())
        .collect();
    assert_eq!(plants().into_keys().collect::<BTreeSet<_>>(), ids);
    let count: usize = replank_check::CHECKS.iter().map(|checks| checks.len()).sum();
    assert_eq!(count, ids.len(), "an id comes twice");
}
