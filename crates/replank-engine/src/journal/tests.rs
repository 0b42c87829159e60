//! What a journal keeps, refuses and survives.

use std::any::Any;
use std::fs;
use std::path::PathBuf;

use replank_core::draw::draw;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::{KeptBecause, Outcome};
use rusqlite::{Connection, StatementStatus};

use super::sqlite::{EVENTS, Sqlite};
use super::{AppendError, Journal, Recorded, contract};
use crate::messages::samples;
use crate::tests::world::{Scratch, at, spec, started, update_id};

fn event(second: i64, fact: Fact) -> Event {
    Event { at: at(second), fact }
}

/// The database behind a journal.
fn connection(journal: &Journal) -> &Connection {
    let store: &dyn Any = &*journal.store;
    &store.downcast_ref::<Sqlite>().unwrap().connection
}

#[test]
fn sqlite_keeps_to_the_contract_of_stores() {
    let scratch = Scratch::new("contract");
    let open = || Sqlite::open(&file(&scratch)).unwrap();
    assert_eq!(contract::check(&mut open(), &mut open()), Ok(()));
}

/// A way through the phases to an end.
fn ending(outcome: Outcome, owed: bool) -> Vec<Event> {
    let kept = owed.then_some(KeptBecause::NoCandidate);
    let unrestored = owed.then(|| samples::sizes(3));
    vec![
        event(1, Fact::Entered { phase: Phase::ScaleDown }),
        event(2, Fact::Finished { outcome, unrestored, kept }),
    ]
}

fn file(scratch: &Scratch) -> PathBuf {
    scratch.path().join("journal.sqlite")
}

#[test]
fn a_group_has_one_update_at_a_time() {
    let (mut journal, mut recorded) = started();
    let mut second = spec();
    second.update = "u-2".into();
    let refused = journal.start(second.clone(), at(1)).unwrap_err();
    let text = "node group default of cluster demo is being updated by u-1; wait for it or cancel it";
    assert_eq!(refused.to_string(), text);
    assert_eq!(journal.start(spec(), at(1)).unwrap_err().to_string(), "there is an update u-1 already");

    let mut elsewhere = spec();
    (elsewhere.update, elsewhere.group) = ("u-3".into(), "other".into());
    journal.start(elsewhere, at(1)).unwrap();

    journal.append(&mut recorded, &ending(Outcome::Succeeded, false)).unwrap();
    journal.start(second, at(3)).unwrap();
    let listed: Vec<_> = journal
        .list()
        .unwrap()
        .into_iter()
        .map(|listed| (listed.update.to_string(), listed.outcome))
        .collect();
    let wanted = [("u-1", Some(Outcome::Succeeded)), ("u-3", None), ("u-2", None)];
    assert_eq!(listed, wanted.map(|(update, outcome)| (update.to_owned(), outcome)));
    assert_eq!(journal.unfinished().unwrap().len(), 2);
}

#[test]
fn sizes_that_were_not_restored_are_handed_on() {
    for owed in [true, false] {
        let (mut journal, mut recorded) = started();
        journal.append(&mut recorded, &ending(Outcome::Failed, owed)).unwrap();
        let mut retry = spec();
        retry.update = "u-2".into();
        let mut retry = journal.start(retry, at(9)).unwrap();
        assert_eq!(retry.rollout.spec().inherited, owed.then(|| samples::sizes(3)));
        assert_eq!(journal.load(&"u-2".into()).unwrap().0, retry, "it is recorded with them");
        journal.append(&mut retry, &ending(Outcome::Failed, false)).unwrap();
        let mut third = spec();
        third.update = "u-3".into();
        let third = journal.start(third, at(19)).unwrap();
        let handed_on = owed.then(|| samples::sizes(3));
        assert_eq!(third.rollout.spec().inherited, handed_on, "the second ended before it measured anything");
    }
}

#[test]
fn replay_gives_the_same_update_whatever_happened() {
    let facts: Vec<Fact> = samples::facts().into_iter().map(|event| event.fact).collect();
    let phases = [Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown, Phase::Restore];
    let facts: Vec<Fact> = facts.into_iter().chain(phases.map(|phase| Fact::Entered { phase })).collect();
    for seed in 0..200 {
        let (mut journal, mut recorded) = started();
        for number in 0..40 {
            let drawn = draw(seed, number) as usize % facts.len();
            // Illegal facts are refused and change nothing; the legal ones make a history.
            let before = recorded.clone();
            let event = event(number as i64, facts[drawn].clone());
            match journal.append(&mut recorded, std::slice::from_ref(&event)) {
                Ok(()) => assert_eq!(recorded.next_seq, before.next_seq + 1),
                Err(AppendError::Illegal(_)) => assert_eq!(recorded, before),
                Err(other) => panic!("seed {seed}: {other}"),
            }
        }
        let (replayed, events) = journal.load(&update_id()).unwrap();
        assert_eq!(replayed, recorded, "seed {seed}");
        assert_eq!(events.len() as u64, recorded.next_seq, "seed {seed}");
    }
}

#[test]
fn facts_are_all_recorded_or_none() {
    let (mut journal, mut recorded) = started();
    let both =
        [event(1, Fact::Entered { phase: Phase::ScaleUp }), event(2, Fact::Entered { phase: Phase::Done })];
    assert!(matches!(journal.append(&mut recorded, &both), Err(AppendError::Illegal(_))));
    assert_eq!(journal.load(&update_id()).unwrap().1, []);
    assert_eq!(recorded.next_seq, 0);
}

#[test]
fn who_comes_second_has_lost() {
    let scratch = Scratch::new("second");
    let mut one = Journal::open(&file(&scratch)).unwrap();
    let mut mine = one.start(spec(), at(0)).unwrap();
    let mut two = Journal::open(&file(&scratch)).unwrap();
    let mut theirs = two.unfinished().unwrap().remove(0);
    two.append(&mut theirs, &[event(1, Fact::Forced)]).unwrap();

    let before = mine.clone();
    let lost = one.append(&mut mine, &[event(2, Fact::Resumed)]).unwrap_err();
    assert_eq!(lost.to_string(), "update u-1 was changed by someone else in between");
    assert_eq!(mine, before);
    assert_eq!(one.catch_up(&mut mine).unwrap(), [event(1, Fact::Forced)]);
    one.append(&mut mine, &[event(2, Fact::Resumed)]).unwrap();
    assert_eq!(two.load(&update_id()).unwrap().0, mine);
}

#[test]
fn a_closed_journal_opens_as_it_was() {
    let scratch = Scratch::new("reopen");
    let mut journal = Journal::open(&file(&scratch)).unwrap();
    let mut recorded = journal.start(spec(), at(0)).unwrap();
    journal.append(&mut recorded, &[event(1, Fact::Entered { phase: Phase::ScaleUp })]).unwrap();
    drop(journal);
    let journal = Journal::open(&file(&scratch)).unwrap();
    assert_eq!(journal.unfinished().unwrap(), [recorded]);
    let mode: String =
        connection(&journal).pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    let sync: u32 = connection(&journal).pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), sync), ("wal", 2), "FULL is 2");
}

/// A journal as the first version of the format had it, with an update that was under way.
#[test]
fn a_journal_of_the_first_format_is_brought_forward_and_goes_on() {
    let scratch = Scratch::new("first-format");
    let mut journal = Journal::open(&file(&scratch)).unwrap();
    let recorded = journal.start(spec(), at(0)).unwrap();
    drop(journal);
    let old = Connection::open(file(&scratch)).unwrap();
    old.execute_batch("ALTER TABLE updates DROP COLUMN workflow").unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let mut journal = Journal::open(&file(&scratch)).unwrap();
    assert_eq!(journal.unfinished().unwrap(), std::slice::from_ref(&recorded));
    let mut recorded = recorded;
    journal.append(&mut recorded, &[event(1, Fact::Entered { phase: Phase::ScaleUp })]).unwrap();
    let workflow = |journal: &Journal| -> String {
        connection(journal).query_row("SELECT workflow FROM updates", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(workflow(&journal), "node_group");
    connection(&journal).execute("UPDATE updates SET workflow = 'another'", []).unwrap();
    let unknown = journal.list().unwrap_err().to_string();
    assert!(unknown.contains("its workflow is another, which this version"), "{unknown}");
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    let scratch = Scratch::new("foreign");
    let foreign = scratch.path().join("foreign.sqlite");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let newer = scratch.path().join("newer.sqlite");
    drop(Journal::open(&newer).unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let damaged = scratch.path().join("damaged.sqlite");
    fs::write(&damaged, "this is a text and by no means a database".repeat(40)).unwrap();
    let rows = [
        (
            &foreign,
            "is a SQLite database of something else, not a journal of replank; name another data directory",
        ),
        (
            &newer,
            "has journal format 9 and this version of replank knows up to 2; use the version that wrote it",
        ),
        (&damaged, "is damaged: file is not a database; restore it from a backup, or move it away"),
    ];
    for (path, words) in rows {
        let before = fs::read(path).unwrap();
        let text = Journal::open(path).unwrap_err().to_string();
        assert!(text.starts_with(&format!("{} {words}", path.display())), "{text}");
        assert_eq!(fs::read(path).unwrap(), before, "{}", path.display());
    }
}

/// Edits the journal behind its back and reads it.
fn read_after(edit: &str) -> String {
    let (mut journal, mut recorded) = started();
    let facts = [Fact::Entered { phase: Phase::ScaleUp }, Fact::Forced, Fact::Resumed];
    let events: Vec<Event> = facts.into_iter().zip(1..).map(|(fact, second)| event(second, fact)).collect();
    journal.append(&mut recorded, &events).unwrap();
    connection(&journal).execute_batch(edit).unwrap();
    journal.unfinished().unwrap_err().to_string()
}

#[test]
fn a_damaged_row_is_named() {
    let rows = [
        (
            "UPDATE events SET fact = '{\"enter' WHERE seq = 0",
            "journal in memory: event 0 of update u-1 is damaged: EOF while parsing a string",
        ),
        (
            "UPDATE events SET fact = '\"renamed\"' WHERE seq = 1",
            "event 1 of update u-1 is damaged: unknown variant",
        ),
        ("UPDATE events SET at = 'noon' WHERE seq = 2", "event 2 of update u-1 is damaged: time \"noon\""),
        (
            "UPDATE events SET record_version = 7 WHERE seq = 2",
            "event 2 of update u-1 is damaged: it is of version 7",
        ),
        (
            "DELETE FROM events WHERE seq = 1",
            "event 2 of update u-1 is damaged: event 1 is missing before it",
        ),
        (
            "UPDATE events SET fact = '{\"entered\":{\"phase\":\"upgrade\"}}' WHERE seq = 0",
            "event 0 of update u-1 contradicts the rows before it: update u-1: Entered { phase: Upgrade }",
        ),
        ("UPDATE updates SET spec = '{}'", "the spec of update u-1 is damaged: missing field `update`"),
        ("UPDATE updates SET started_at = ''", "the row of update u-1 is damaged: time \"\""),
    ];
    for (edit, words) in rows {
        let text = read_after(edit);
        assert!(text.contains(words), "{edit}: {text}");
    }
}

#[test]
fn an_update_that_nobody_asked_for_is_unknown() {
    let (journal, _) = started();
    assert_eq!(journal.load(&"u-9".into()).unwrap_err().to_string(), "there is no update u-9");
    let known: Recorded = journal.load(&update_id()).unwrap().0;
    assert_eq!(known.next_seq, 0);
}

#[test]
fn what_every_turn_asks_for_is_compiled_once() {
    let scratch = Scratch::new("plans");
    for mut journal in [Journal::in_memory().unwrap(), Journal::open(&file(&scratch)).unwrap()] {
        let mut writer = journal.start(spec(), at(0)).unwrap();
        let mut reader = writer.clone();
        for second in 1..5 {
            let fact = Fact::Missing { nodes: second as u32 };
            journal.append(&mut writer, &[event(second, fact)]).unwrap();
            assert_eq!(journal.catch_up(&mut reader).unwrap().len(), 1);
        }
        let statement = connection(&journal).prepare_cached(EVENTS).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
