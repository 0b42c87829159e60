//! Records survive, changes are whole, foreign files stay as they are.

use serde_json::json;

use super::*;
use crate::tests::world::Scratch;

fn key(name: &str) -> Key {
    Key::new(Kind::NodeGroup, "c", name)
}

fn put(estate: &Estate, name: &str, word: &str) {
    let outcome = estate.change::<(), ()>(|change| {
        change.put(key(name), json!(word));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn records_survive_and_keep_their_numbers() {
    let scratch = Scratch::new("estate");
    let file = scratch.path().join("estate.sqlite");
    let estate = Estate::open(&file).unwrap();
    put(&estate, "b", "first");
    put(&estate, "a", "second");
    put(&estate, "b", "third");
    drop(estate);
    let estate = Estate::open(&file).unwrap();
    let listed = estate.list(Kind::NodeGroup, "c");
    let listed: Vec<_> = listed.iter().map(|(key, it)| (&*key.name, it.number, &it.document)).collect();
    assert_eq!(listed, [("a", 2, &json!("second")), ("b", 1, &json!("third"))]);
    assert!(estate.list(Kind::NodeGroup, "other").is_empty() && estate.all(Kind::Cluster).is_empty());
}

#[test]
fn a_change_is_all_or_nothing_and_sees_itself() {
    let estate = Estate::in_memory().unwrap();
    put(&estate, "a", "kept");
    let refused = estate.change::<(), &str>(|change| {
        change.remove(key("a"));
        change.put(key("b"), json!(1));
        assert_eq!((change.get(&key("a")), change.get(&key("b"))), (None, Some(json!(1))));
        assert_eq!(change.list(Kind::NodeGroup, "c"), [(key("b"), json!(1))]);
        Err("no")
    });
    assert!(matches!(refused, Err(ChangeError::Refused("no"))));
    assert_eq!(estate.get(&key("a")).unwrap().document, json!("kept"));
    assert!(estate.get(&key("b")).is_none());
}

#[test]
fn a_foreign_file_is_refused_and_left_alone() {
    let scratch = Scratch::new("estate-foreign");
    let file = scratch.path().join("estate.sqlite");
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE mine (id INTEGER)").unwrap();
    drop(connection);
    assert!(matches!(Estate::open(&file), Err(EstateError::Foreign { .. })));
}
