//! The service in front of a real cluster while no server runs: it finds what an update leads to, by the same code as
//! for a server, from what is there now.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::journal::Journal;
use replank_kwok::{KwokAccount, KwokCloud, found};
use replank_service::ports::checks::Unchecked;
use replank_service::records::{ChangeError, Owner, Records, Update};
use replank_service::start_update::Rules;
use replank_service::update_feed::UpdateFeed;
use replank_service::{Identity, Service};

use crate::up::ACCOUNT;

/// The service, with what is there on record and the updates of the journal: an id counts them.
pub(super) fn service(
    account: KwokAccount,
    cloud: &KwokCloud,
    journal: &Journal,
    rules: Rules,
) -> Result<Service<KwokAccount>> {
    let identity = Identity {
        account: ACCOUNT.into(),
        region: cloud.session.cluster().region.clone(),
        user: "replank".into(),
    };
    let records = Records::in_memory().context("the records")?;
    found(&cloud.session, &identity, Timestamp::now()).put(&records).context("the records")?;
    let before = journal.list()?;
    let cluster = &cloud.session.cluster().name;
    let noted = records.change::<(), Infallible>(|change| {
        for one in &before {
            let update = Update::begun(one.update.as_str(), "VersionUpdate", Vec::new());
            update.put(change, cluster, Owner::Nodegroup(one.group.to_string()));
        }
        Ok(())
    });
    match noted {
        Ok(()) => {}
        Err(ChangeError::Records(error)) => return Err(error).context("the records"),
        Err(ChangeError::Refused(never)) => match never {},
    }
    let feed = UpdateFeed::default();
    let (records, checks) = (Arc::new(records), Arc::new(Unchecked));
    Ok(Service { records, account, identity, rules, feed, checks, wake: Arc::new(|| {}) })
}
