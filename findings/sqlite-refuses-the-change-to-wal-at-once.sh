#!/usr/bin/env bash
# SQLite (3.51.0, by apsw 3.51.0.0) refuses "PRAGMA journal_mode=WAL" at once while another connection has begun to
# write, whatever the busy timeout says.
#
# A busy timeout is set so that a connection waits for another one. An INSERT does wait for a BEGIN IMMEDIATE, for the whole
# timeout. The change to the write-ahead log reads first and then wants the file for itself; while another connection
# holds the reserved lock SQLite takes that for a deadlock to come and does not ask the busy handler. So of several
# processes that open a new database together, each with a timeout, some fail with "database is locked" within a
# millisecond. Change the mode in a loop of your own.
#
# Seen: "wal: busy after 0 s" and "insert: busy after 2 s", with a timeout of 2 s for both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
./env/bin/pip install --quiet apsw==3.51.0.0
cat > finding.py <<'PYTHON'
import os
import time

import apsw


def opened():
    connection = apsw.Connection("file.sqlite")
    connection.set_busy_timeout(2000)
    return connection


def tried(act):
    if os.path.exists("file.sqlite"):
        os.remove("file.sqlite")
    writer, other = opened(), opened()
    writer.execute("CREATE TABLE notes (number)")
    writer.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        other.execute(act)
        said = "done"
    except apsw.BusyError:
        said = "busy"
    return f"{said} after {time.monotonic() - began:.0f} s"


print("wal:", tried("PRAGMA journal_mode=WAL"))
print("insert:", tried("INSERT INTO notes VALUES (1)"))
PYTHON
seen=$(./env/bin/python finding.py)
echo "$seen"
[ "$seen" = $'wal: busy after 0 s\ninsert: busy after 2 s' ] || { echo "it behaves otherwise now" >&2; exit 1; }
