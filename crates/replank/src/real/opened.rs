//! A real cluster, its cloud, and the files with their state, opened for a process that serves.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_core::version::Minor;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::Journal;
use replank_kube::Claims;
use replank_kube::lists::version;
use replank_kwok::{KwokAccount, KwokCloud, found};
use replank_service::ports::checks::Unchecked;
use replank_service::records::{self, Found, Records};
use replank_service::start_update::Rules;
use replank_service::update_feed::UpdateFeed;
use replank_service::{Identity, Service};
use tokio::sync::watch;

use super::connect::Reached;
use super::open::open;
use crate::errors::bad;
use crate::settings;
use crate::up::ACCOUNT;

/// A real cluster, its cloud, and the files with their state.
pub(super) struct Opened {
    pub(super) reached: Reached,
    pub(super) cloud: KwokCloud,
    pub(super) journal: Journal,
    pub(super) records: Records,
    pub(super) data: DataDir,
}

impl Opened {
    /// Opens the data directory at `path`, with a world file, for one node group or all. `journal` is where facts are
    /// kept; without it, in the directory.
    pub(super) fn open(
        reached: Reached,
        path: &Path,
        world: Option<&Path>,
        group: Option<&str>,
        journal: Option<Journal>,
    ) -> Result<Self> {
        let data = DataDir::open(path, &Holder::this_process(Timestamp::now()));
        let data = data.map_err(|error| bad(error.to_string()))?;
        let mut cloud = open(&data, &reached, world, group)?;
        let journal = match journal {
            Some(journal) => journal,
            None => data.journal().map_err(|error| bad(error.to_string()))?,
        };
        let records = Records::open(&data.path().join(records::FILE));
        let records = records.map_err(|error| bad(error.to_string()))?;
        for one in journal.list()? {
            let (recorded, facts) = journal.load(&one.update)?;
            cloud.session.remember(&recorded.rollout, &facts);
        }
        Ok(Self { reached, cloud, journal, records, data })
    }
}

impl Opened {
    /// The same for one of several replicas, which share the directory. What is on record is known of the cloud and of the
    /// `journal`, so nothing of it has to be kept.
    pub(super) fn open_shared(
        reached: Reached,
        path: &Path,
        world: Option<&Path>,
        journal: Journal,
    ) -> Result<Self> {
        let over = world.map(settings::laid_over).transpose()?;
        let holder = Holder::this_process(Timestamp::now());
        let opened = DataDir::open_shared(path, &holder, |data| {
            KwokCloud::open_shared(data, &reached.cluster(), over)
        });
        let (data, cloud) = opened.map_err(|error| bad(error.to_string()))?;
        let cloud = cloud.map_err(|error| bad(error.to_string()))?;
        let records = Records::in_memory().context("the records")?;
        Ok(Self { reached, cloud, journal, records, data })
    }
}

/// The service in front of the cluster, with what is there on record, and how it is woken. A group is changed only while
/// `claims` holds its lease.
pub(super) fn service(
    records: Records,
    reached: &Reached,
    cloud: &KwokCloud,
    claims: Arc<Claims>,
    rules: Rules,
) -> Result<(Arc<Service<KwokAccount>>, watch::Receiver<()>)> {
    let region = cloud.session.cluster().region.clone();
    let identity = Identity { account: ACCOUNT.into(), region, user: "replank".into() };
    put_on_record(found(&cloud.session, &identity, Timestamp::now()), &records, reached)?;
    let account = KwokAccount::new(&reached.cluster(), cloud, claims, rules);
    let (ring, rung) = watch::channel(());
    let service = Service {
        records: Arc::new(records),
        account,
        identity,
        rules,
        feed: UpdateFeed::default(),
        checks: Arc::new(Unchecked),
        wake: Arc::new(move || ring.send_replace(())),
    };
    Ok((Arc::new(service), rung))
}

/// Adds the cluster and node groups to the records, with the current version of the control plane: it may have been
/// upgraded since the nodes were found.
fn put_on_record(found: Found, records: &Records, reached: &Reached) -> Result<()> {
    found.put(records).context("the records")?;
    let version = reached.runtime.block_on(version(&reached.connection.client));
    let Some(version) = version.ok().and_then(|version| Minor::of_version(&version)) else { return Ok(()) };
    Found { version: version.to_string(), ..found }.put_version(records).context("the records")
}
