//! What every store of a journal has to keep to, as a check that tests run on each of them.

use super::JournalError;
use super::store::{Added, NewFact, NewRow, Store, UNFINISHED};

/// Checks two handles to the same rows, which are empty. The error says what is not kept to.
pub fn check(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    updates_are_listed_in_their_order(one, two)?;
    a_group_has_one_unfinished_update(one, two)?;
    facts_are_read_back_in_order(one, two)?;
    who_comes_second_has_lost(one, two)?;
    an_end_frees_the_group(one, two)?;
    many_large_facts_are_kept(one, two)
}

fn row<'a>(id: &'a str, group: &'a str) -> NewRow<'a> {
    NewRow {
        id,
        workflow: "node_group",
        cluster: "Demo_1",
        group,
        version: 1,
        spec: "{\"a\": \"\u{e9}\n\"}",
        started_at: "2026-11-30T10:00:00Z",
    }
}

fn facts(texts: &[&str]) -> Vec<NewFact> {
    let fact = |text: &&str| NewFact { at: "2026-11-30T10:00:01Z".into(), version: 1, fact: (*text).into() };
    texts.iter().map(fact).collect()
}

/// An error unless a law holds.
fn holds(law: bool, said: &str) -> Result<(), String> {
    if law { Ok(()) } else { Err(said.to_owned()) }
}

fn done<T>(outcome: Result<T, JournalError>) -> Result<T, String> {
    outcome.map_err(|error| error.to_string())
}

fn updates_are_listed_in_their_order(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    holds(done(one.list())?.is_empty(), "a new store lists nothing")?;
    holds(done(one.asked("u-1", "node_group"))?.is_none(), "an unknown update was not asked for")?;
    for (id, group) in [("u-2", "g"), ("u-1", "H_1")] {
        holds(done(one.add(&row(id, group)))? == Added::Yes, "an update is added")?;
    }
    let listed = done(two.list())?;
    let ids: Vec<&str> = listed.iter().map(|row| row.id.as_str()).collect();
    holds(ids == ["u-2", "u-1"], "updates are listed in the order in which they were added")?;
    let first = &listed[0];
    holds(
        (&*first.cluster, &*first.group, &*first.workflow) == ("Demo_1", "g", "node_group")
            && first.started_at == "2026-11-30T10:00:00Z"
            && first.state == UNFINISHED,
        "a row is listed as it was added",
    )?;
    let asked = done(two.asked("u-1", "node_group"))?.ok_or("an update that was added was asked for")?;
    holds(asked.spec == row("", "").spec && asked.version == 1, "a spec is read back as it was written")?;
    holds(done(two.asked("u-1", "cluster_upgrade"))?.is_none(), "an update is of its workflow alone")
}

fn a_group_has_one_unfinished_update(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    holds(done(two.add(&row("u-3", "g")))? == Added::Refused, "a group has one unfinished update")?;
    holds(done(one.add(&row("u-1", "other")))? == Added::Refused, "an id is there once")?;
    holds(done(one.list())?.len() == 2, "what was refused is not there")
}

fn facts_are_read_back_in_order(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    holds(done(one.facts("u-1", 0))?.is_empty(), "a new update has no facts")?;
    holds(done(one.append("u-1", 0, &facts(&["a", "b"]), None))? == Added::Yes, "facts are added")?;
    holds(done(two.append("u-1", 2, &facts(&["c"]), None))? == Added::Yes, "facts are added behind others")?;
    let read = done(one.facts("u-1", 1))?;
    let told: Vec<(u64, &str)> = read.iter().map(|row| (row.seq, row.fact.as_str())).collect();
    holds(told == [(1, "b"), (2, "c")], "facts are read back in order, with their numbers")?;
    holds(read[0].at == "2026-11-30T10:00:01Z" && read[0].version == 1, "with their time and version")?;
    holds(done(two.facts("u-1", 3))?.is_empty(), "there are none behind the last")?;
    holds(done(two.facts("u-2", 0))?.is_empty(), "they are of their update alone")
}

fn who_comes_second_has_lost(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    holds(done(one.append("u-1", 3, &facts(&["d"]), None))? == Added::Yes, "the first one wins")?;
    let lost = done(two.append("u-1", 3, &facts(&["x", "y"]), Some("failed")))?;
    holds(lost == Added::Refused, "the second one has lost")?;
    holds(
        done(two.append("u-1", 9, &facts(&["x"]), None))? == Added::Refused,
        "nothing is left out between",
    )?;
    holds(done(two.append("u-9", 0, &facts(&["x"]), None))? == Added::Refused, "nor added to no update")?;
    holds(done(one.facts("u-1", 3))?.len() == 1, "nothing of what lost is kept")?;
    let open = done(one.list())?.iter().all(|row| row.state == UNFINISHED);
    holds(open, "nor its end")
}

fn an_end_frees_the_group(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    let ended = done(one.append("u-2", 0, &facts(&["over"]), Some("succeeded")))?;
    holds(ended == Added::Yes, "an end is added")?;
    let state = done(two.list())?.into_iter().find(|row| row.id == "u-2").map(|row| row.state);
    holds(state.as_deref() == Some("succeeded"), "the list says how it ended")?;
    holds(done(two.add(&row("u-3", "g")))? == Added::Yes, "the group may have another update then")
}

/// More than any one object of a cluster holds.
fn many_large_facts_are_kept(one: &mut dyn Store, two: &mut dyn Store) -> Result<(), String> {
    let text = "x".repeat(2_000);
    let mut before = 0;
    for _ in 0..20 {
        let batch = facts(&vec![text.as_str(); 50]);
        holds(done(one.append("u-3", before, &batch, None))? == Added::Yes, "a large batch is added")?;
        before += 50;
    }
    let read = done(two.facts("u-3", 0))?;
    let in_order = read.iter().zip(0..).all(|(row, seq)| row.seq == seq && row.fact == text);
    holds(read.len() == 1_000 && in_order, "two million characters of facts are read back")
}
