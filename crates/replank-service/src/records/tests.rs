//! Records survive, changes are whole, foreign files stay as they are.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use super::*;

/// A directory that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("replank-service-{}-{name}", std::process::id()));
        let _none_yet = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn key(name: &str) -> Key {
    Key::new(Kind::NodeGroup, "c", name)
}

fn put(records: &Records, name: &str, word: &str) {
    let outcome = records.change::<(), ()>(|change| {
        change.put(key(name), json!(word));
        Ok(())
    });
    outcome.unwrap();
}

/// A file as the first version wrote it, word for word.
#[test]
fn records_of_the_first_format_open_as_they_were() {
    let scratch = Scratch::new("first-format");
    let file = scratch.path().join("records.sqlite");
    let old = Connection::open(&file).unwrap();
    old.execute_batch(
        r#"PRAGMA application_id = 1380994117; PRAGMA user_version = 1;
        CREATE TABLE records (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            cluster TEXT NOT NULL,
            name TEXT NOT NULL,
            document TEXT NOT NULL,
            UNIQUE (kind, cluster, name)
        ) STRICT;
        INSERT INTO records VALUES (4, 'node-group', 'c', 'a', '"kept"');"#,
    )
    .unwrap();
    drop(old);
    for number in [5, 6] {
        let records = Records::open(&file).unwrap();
        assert_eq!(records.get(&key("a")).unwrap().document, json!("kept"));
        put(&records, &number.to_string(), "new");
        assert_eq!(records.get(&key(&number.to_string())).unwrap().number, number);
    }
}

#[test]
fn records_survive_and_keep_their_numbers() {
    let scratch = Scratch::new("records");
    let file = scratch.path().join("records.sqlite");
    let records = Records::open(&file).unwrap();
    put(&records, "b", "first");
    put(&records, "a", "second");
    put(&records, "b", "third");
    drop(records);
    let records = Records::open(&file).unwrap();
    let listed = records.list(Kind::NodeGroup, "c");
    let listed: Vec<_> = listed.iter().map(|(key, it)| (&*key.name, it.number, &it.document)).collect();
    assert_eq!(listed, [("a", 2, &json!("second")), ("b", 1, &json!("third"))]);
    assert!(records.list(Kind::NodeGroup, "other").is_empty() && records.all(Kind::Cluster).is_empty());
}

#[test]
fn a_change_is_all_or_nothing_and_sees_itself() {
    let records = Records::in_memory().unwrap();
    put(&records, "a", "kept");
    let refused = records.change::<(), &str>(|change| {
        change.remove(key("a"));
        change.put(key("b"), json!(1));
        assert_eq!((change.get(&key("a")), change.get(&key("b"))), (None, Some(json!(1))));
        assert_eq!(change.list(Kind::NodeGroup, "c"), [(key("b"), json!(1))]);
        Err("no")
    });
    assert!(matches!(refused, Err(ChangeError::Refused("no"))));
    assert_eq!(records.get(&key("a")).unwrap().document, json!("kept"));
    assert!(records.get(&key("b")).is_none());
}

#[test]
fn a_foreign_file_is_refused_and_left_alone() {
    let scratch = Scratch::new("records-foreign");
    let file = scratch.path().join("records.sqlite");
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE mine (id INTEGER)").unwrap();
    drop(connection);
    assert!(matches!(Records::open(&file), Err(RecordsError::Foreign { .. })));
}
