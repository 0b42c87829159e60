#!/usr/bin/env bash
# rusqlite_migration (2.6.0, with rusqlite 0.40.2) fails when two connections open a new file at once, and makes its
# tables in a database that belongs to another program.
#
# to_latest brings a file forward from whatever version it has. It reads user_version before it begins its transaction, so
# both connections see 0, wait for each other, and the second runs migrations that the first has committed. A database
# with tables and without a user_version counts as new: application_id is not looked at.
#
# Seen: "132 of 500 pairs failed: table a already exists; another program's database: migrated"; between 6 and 132 pairs,
# with what else the machine did. Reading the version inside of the transaction (BEGIN IMMEDIATE), and application_id with
# it, mends both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding --edition 2024 .
cargo add --quiet rusqlite@=0.40.2 --features bundled
cargo add --quiet rusqlite_migration@=2.6.0
cat > src/main.rs <<'RUST'
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::sync::Barrier;
use std::thread;

const STEPS: &[M<'static>] = &[M::up("CREATE TABLE a (x INTEGER) STRICT")];

fn main() {
    let (mut failed, mut why) = (0, String::new());
    for number in 0..500 {
        let path = format!("{number}.sqlite");
        let both = Barrier::new(2);
        let open = || {
            let mut connection = Connection::open(&path).expect("a file");
            both.wait();
            Migrations::from_slice(STEPS).to_latest(&mut connection).map_err(|error| error.to_string())
        };
        let opened = thread::scope(|scope| {
            let pair = [scope.spawn(open), scope.spawn(open)];
            pair.map(|one| one.join().expect("no panic"))
        });
        if let Some(error) = opened.into_iter().find_map(Result::err) {
            failed += 1;
            why = error.rsplit(": ").next().unwrap_or_default().to_owned();
        }
    }
    let mut foreign = Connection::open("foreign.sqlite").expect("a file");
    foreign.execute_batch("CREATE TABLE notes (text TEXT); PRAGMA application_id = 7").expect("it is made");
    let migrated = Migrations::from_slice(STEPS).to_latest(&mut foreign).is_ok();
    let foreign = if migrated { "migrated" } else { "refused" };
    println!("{failed} of 500 pairs failed: {why}; another program's database: {foreign}");
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[[ "$seen" == [1-9]*"of 500 pairs failed: table a already exists; another program's database: migrated" ]] ||
    { echo "it behaves otherwise now" >&2; exit 1; }
