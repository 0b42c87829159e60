//! The format of a journal file: how it is recognised, its version, and the migrations from each version to the next.

use crate::database::{Format, Unopened};

use super::OpenError;

/// A journal: `RPLK` in the header of the SQLite file.
pub(super) const FORMAT: Format = Format { application_id: 0x5250_4c4b, steps: STEPS };

/// Migration `n` takes a journal from version `n` to `n + 1`; the first creates it. They are never edited.
const STEPS: &[&str] = &[
    "
    CREATE TABLE updates (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        cluster TEXT NOT NULL,
        node_group TEXT NOT NULL,
        record_version INTEGER NOT NULL,
        spec TEXT NOT NULL,
        started_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('unfinished', 'succeeded', 'failed', 'cancelled'))
    ) STRICT;
    CREATE UNIQUE INDEX one_unfinished_per_group ON updates (cluster, node_group) WHERE state = 'unfinished';
    CREATE TABLE events (
        update_number INTEGER NOT NULL REFERENCES updates (number),
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        record_version INTEGER NOT NULL,
        fact TEXT NOT NULL,
        PRIMARY KEY (update_number, seq)
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE updates ADD COLUMN workflow TEXT NOT NULL DEFAULT 'node_group';
",
];

/// Value of column `workflow` for [`replank_core::node_group`].
pub(super) const NODE_GROUP: &str = "node_group";
/// Value of column `workflow` for [`replank_core::cluster_upgrade`]. Its rows name no node group.
pub(super) const CLUSTER_UPGRADE: &str = "cluster_upgrade";

/// Why the journal `file` was not opened.
pub(super) fn refused(file: &str, why: Unopened) -> OpenError {
    let file = file.to_owned();
    match why {
        Unopened::Foreign => OpenError::Foreign { file },
        Unopened::Version { found, known } => OpenError::Newer { file, found, known },
        Unopened::Damaged(source) => OpenError::Damaged { file, why: source.to_string() },
        Unopened::Sqlite(source) => OpenError::Sqlite { file, source },
    }
}
