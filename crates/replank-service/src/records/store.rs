//! The store of records: what an account owns and no world can tell again, such as clusters and node groups as they
//! were asked for, updates with their ends, and client tokens.
//!
//! Records are kept in memory and written through to one SQLite file, or to none. A change is all or nothing. The store
//! does not interpret what a record contains.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use replank_engine::database::Durability;
use rusqlite::{Connection, named_params};
use serde_json::Value;

use super::error::{ChangeError, RecordsError};
use super::format::{self, FORMAT};

/// Identifies a record: kind, cluster (empty for records of no cluster), name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Kind of record.
    pub kind: Kind,
    /// Cluster it belongs to, or empty.
    pub cluster: String,
    /// Name within kind and cluster.
    pub name: String,
}

impl Key {
    /// A key from its three parts.
    pub fn new(kind: Kind, cluster: &str, name: &str) -> Self {
        Self { kind, cluster: cluster.to_owned(), name: name.to_owned() }
    }
}

/// Kind of a record. Their names are part of the format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A cluster, with its control plane's version and status.
    Cluster,
    /// A managed node group (EKS).
    NodeGroup,
    /// An update of a cluster, a node group or an add-on.
    Update,
    /// An add-on.
    Addon,
    /// Which pods of a cluster run on Fargate (EKS).
    FargateProfile,
    /// An access entry with its policies.
    AccessEntry,
    /// A pod identity association.
    PodIdentity,
    /// State of a cluster's insights.
    Insights,
    /// An operation that is to be carried out.
    PendingOperation,
    /// The answer to a request with a client token; the key's cluster is the operation.
    Token,
    /// Facts about the installation, such as which clusters it found.
    Installation,
    /// A stack of CloudFormation.
    Stack,
    /// A change set; the key's cluster is the last part of the id of its stack.
    ChangeSet,
    /// An event of a stack; the key's cluster is the last part of the id of its stack.
    StackEvent,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Cluster,
        Self::NodeGroup,
        Self::Update,
        Self::Addon,
        Self::FargateProfile,
        Self::AccessEntry,
        Self::PodIdentity,
        Self::Insights,
        Self::PendingOperation,
        Self::Token,
        Self::Installation,
        Self::Stack,
        Self::ChangeSet,
        Self::StackEvent,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::NodeGroup => "node-group",
            Self::Update => "update",
            Self::Addon => "addon",
            Self::FargateProfile => "fargate-profile",
            Self::AccessEntry => "access-entry",
            Self::PodIdentity => "pod-identity",
            Self::Insights => "insights",
            Self::PendingOperation => "wish",
            Self::Token => "token",
            Self::Installation => "installation",
            Self::Stack => "stack",
            Self::ChangeSet => "change-set",
            Self::StackEvent => "stack-event",
        }
    }
}

/// One thing on record, in the form that the file has.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Number by age; later records have larger ones. A record keeps its number when it is changed.
    pub number: u64,
    /// Content.
    pub document: Value,
}

type Table = BTreeMap<Key, Arc<Record>>;

/// All records, in memory and in one SQLite file.
#[derive(Debug)]
pub struct Records {
    by_key: RwLock<Table>,
    writer: Mutex<Connection>,
    file: String,
}

impl Records {
    /// Opens the store at `path` and creates it if it does not exist. What was recorded survives a power failure.
    pub fn open(path: &Path) -> Result<Self, RecordsError> {
        let file = path.display().to_string();
        let opened = FORMAT.open(path, Durability::PowerCut);
        Self::read(opened.map_err(|why| format::refused(&file, why))?, &file)
    }

    /// A store in memory, gone with the process.
    pub fn in_memory() -> Result<Self, RecordsError> {
        let file = "records in memory";
        Self::read(FORMAT.in_memory().map_err(|why| format::refused(file, why))?, file)
    }

    fn read(connection: Connection, file: &str) -> Result<Self, RecordsError> {
        let failed = |source| RecordsError::Sqlite { file: file.into(), attempt: "read", source };
        let mut records = Table::new();
        let mut statement = connection
            .prepare("SELECT number, kind, cluster, name, document FROM records")
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let [kind, cluster, name, document]: [String; 4] = [1, 2, 3, 4]
                .map(|at| row.get(at))
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
                .map_err(failed)?
                .try_into()
                .unwrap_or_default();
            let damaged = |why: String| RecordsError::Damaged { file: file.into(), row: number, why };
            let kind = Kind::ALL.into_iter().find(|known| known.word() == kind);
            let kind = kind.ok_or_else(|| damaged("it is of no known kind".into()))?;
            let document = serde_json::from_str(&document).map_err(|error| damaged(error.to_string()))?;
            let record = Record { number: number as u64, document };
            records.insert(Key { kind, cluster, name }, Arc::new(record));
        }
        drop(rows);
        drop(statement);
        Ok(Self { by_key: RwLock::new(records), writer: Mutex::new(connection), file: file.into() })
    }

    /// The record with this key.
    pub fn get(&self, key: &Key) -> Option<Arc<Record>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Records of a kind in a cluster, by name.
    pub fn list(&self, kind: Kind, cluster: &str) -> Vec<(Key, Arc<Record>)> {
        let records = self.by_key.read().unwrap_or_else(PoisonError::into_inner);
        range(&records, kind, cluster).map(|(key, record)| (key.clone(), record.clone())).collect()
    }

    /// Records of a kind, by cluster and name.
    pub fn all(&self, kind: Kind) -> Vec<(Key, Arc<Record>)> {
        let records = self.by_key.read().unwrap_or_else(PoisonError::into_inner);
        let from = records.range(Key::new(kind, "", "")..).take_while(|(key, _)| key.kind == kind);
        from.map(|(key, record)| (key.clone(), record.clone())).collect()
    }

    /// The first record of a kind with this name, by cluster.
    pub fn named(&self, kind: Kind, name: &str) -> Option<(Key, Arc<Record>)> {
        let records = self.by_key.read().unwrap_or_else(PoisonError::into_inner);
        let mut of_kind = records.range(Key::new(kind, "", "")..).take_while(|(key, _)| key.kind == kind);
        of_kind.find(|(key, _)| key.name == name).map(|(key, record)| (key.clone(), record.clone()))
    }

    /// Changes records in one transaction. Changes run one at a time; nothing happens when `decide` or SQLite refuses.
    pub fn change<T, E>(
        &self,
        decide: impl FnOnce(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, ChangeError<E>> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut change = Change { records: self, writes: BTreeMap::new() };
        let outcome = decide(&mut change).map_err(ChangeError::Refused)?;
        let writes = change.writes;
        if writes.is_empty() {
            return Ok(outcome);
        }
        let written = write(&mut connection, writes).map_err(|source| RecordsError::Sqlite {
            file: self.file.clone(),
            attempt: "write",
            source,
        })?;
        let mut records = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        for (key, record) in written {
            match record {
                Some(record) => drop(records.insert(key, Arc::new(record))),
                None => drop(records.remove(&key)),
            }
        }
        Ok(outcome)
    }
}

fn write(
    connection: &mut Connection,
    writes: BTreeMap<Key, Option<Value>>,
) -> rusqlite::Result<Vec<(Key, Option<Record>)>> {
    let transaction = connection.transaction()?;
    let mut written = Vec::with_capacity(writes.len());
    for (key, document) in writes {
        let place = named_params! {
            ":kind": key.kind.word(), ":cluster": key.cluster, ":name": key.name,
        };
        let Some(document) = document else {
            let sql = "DELETE FROM records WHERE kind = :kind AND cluster = :cluster AND name = :name";
            transaction.prepare_cached(sql)?.execute(place)?;
            written.push((key, None));
            continue;
        };
        let sql =
            "INSERT INTO records (kind, cluster, name, document) VALUES (:kind, :cluster, :name, :document)
             ON CONFLICT (kind, cluster, name) DO UPDATE SET document = excluded.document RETURNING number";
        let mut all = place.to_vec();
        let text = document.to_string();
        all.push((":document", &text));
        let number: i64 = transaction.prepare_cached(sql)?.query_row(&*all, |row| row.get(0))?;
        written.push((key, Some(Record { number: number as u64, document })));
    }
    transaction.commit()?;
    Ok(written)
}

/// A change in progress; its reads see its own writes.
#[derive(Debug)]
pub struct Change<'a> {
    records: &'a Records,
    writes: BTreeMap<Key, Option<Value>>,
}

impl Change<'_> {
    /// Content of a record.
    pub fn get(&self, key: &Key) -> Option<Value> {
        match self.writes.get(key) {
            Some(written) => written.clone(),
            None => self.records.get(key).map(|record| record.document.clone()),
        }
    }

    /// Records of a kind in a cluster, by name.
    pub fn list(&self, kind: Kind, cluster: &str) -> Vec<(Key, Value)> {
        let kept = self.records.list(kind, cluster).into_iter();
        let mut found: BTreeMap<Key, Value> =
            kept.map(|(key, record)| (key, record.document.clone())).collect();
        for (key, written) in self.writes.iter().filter(|(key, _)| key.kind == kind && key.cluster == cluster)
        {
            match written {
                Some(document) => drop(found.insert(key.clone(), document.clone())),
                None => drop(found.remove(key)),
            }
        }
        found.into_iter().collect()
    }

    /// Creates or replaces a record.
    pub fn put(&mut self, key: Key, document: Value) {
        self.writes.insert(key, Some(document));
    }

    /// Removes a record.
    pub fn remove(&mut self, key: Key) {
        self.writes.insert(key, None);
    }
}

fn range<'a>(
    records: &'a Table,
    kind: Kind,
    cluster: &'a str,
) -> impl Iterator<Item = (&'a Key, &'a Arc<Record>)> {
    let from = records.range(Key::new(kind, cluster, "")..);
    from.take_while(move |(key, _)| key.kind == kind && key.cluster == cluster)
}
