#!/usr/bin/env bash
# SQLite as rusqlite bundles it (rusqlite 0.41.1, libsqlite3-sys 0.39.1) compiles a cached statement anew at each use
# when a bound number stands in a range of an indexed column: prepare_cached saves nothing there.
#
# A prepared statement is cached to be compiled once. The bundled build is made with SQLITE_ENABLE_STAT4, so a value
# that is bound may change the plan; the cache clears the bindings when it takes a statement back, and the next bind
# lets the statement expire, even where there are no statistics and the plan comes out the same.
# sqlite3_stmt_status counts it (SQLITE_STMTSTATUS_REPREPARE). With the query planner stability guarantee switched on
# (SQLITE_DBCONFIG_ENABLE_QPSG) it is compiled once.
#
# Seen: "plain: 1000 of 1000, qpsg: 0 of 1000". A loop that asks a journal for "everything behind number N" spent more
# than half of its time in the compiler of SQL.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding --edition 2024 .
cargo add --quiet rusqlite@=0.41.1 --features bundled
cat > src/main.rs <<'RUST'
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Result, StatementStatus};

fn compiled_anew(stable: bool) -> Result<i32> {
    let connection = Connection::open_in_memory()?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, stable)?;
    connection.execute_batch("CREATE TABLE events (stream INTEGER, seq INTEGER, fact TEXT, PRIMARY KEY (stream, seq))")?;
    connection.execute("INSERT INTO events VALUES (1, 1, 'begun')", [])?;
    let sql = "SELECT fact FROM events WHERE stream = ?1 AND seq >= ?2 ORDER BY seq";
    for from in 0..1000 {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map((1, from), |row| row.get::<_, String>(0))?.count();
    }
    Ok(connection.prepare_cached(sql)?.get_status(StatementStatus::RePrepare))
}

fn main() -> Result<()> {
    println!("plain: {} of 1000, qpsg: {} of 1000", compiled_anew(false)?, compiled_anew(true)?);
    Ok(())
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = "plain: 1000 of 1000, qpsg: 0 of 1000" ] || { echo "it behaves otherwise now" >&2; exit 1; }
