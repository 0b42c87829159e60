//! What an update that runs in this process is kept by: its record in a data directory, and the lease of its group.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use replank_core::names::NodeGroupName;
use replank_core::node_group::spec::Spec;
use replank_engine::journal::{Journal, Recorded};
use replank_kube::{Claim, Claims};

use super::connect::Reached;
use super::data_directory::DataDirectory;
use super::holder;
use super::other;
use crate::cli::remote::UpgradeNodegroup;
use crate::errors::bad;
use crate::printer::Printer;

/// The record of the updates of a group, and its lease.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) journal: Journal,
    pub(super) group: NodeGroupName,
    pub(super) claims: Arc<Claims>,
    /// Held as long as the update runs.
    place: DataDirectory,
}

impl Kept {
    /// Opens the journal for updates of a group.
    pub(super) fn open(place: DataDirectory, reached: &Reached, group: &str) -> Result<Self> {
        let journal = place.data.journal().map_err(|error| bad(error.to_string()))?;
        let holder = holder::of_data(&place.data)?;
        let by = holder::told(place.data.path())?;
        let claims = Claims::saying(reached.connection.clone(), holder, reached.runtime.handle().clone(), by);
        Ok(Self { journal, group: NodeGroupName::from(group), claims, place })
    }

    /// Where the update is on record.
    pub(super) fn directory(&self) -> &Path {
        self.place.data.path()
    }

    /// The update of this group that an earlier process left unfinished.
    pub(super) fn unfinished(&self) -> Result<Option<Recorded>> {
        Ok(self.journal.unfinished()?.into_iter().find(|one| one.rollout.spec().group == self.group))
    }

    /// Says of a plan that an unfinished update goes before it.
    pub(super) fn note_unfinished(&self) -> Result<()> {
        if let Some(recorded) = self.unfinished()? {
            let update = &recorded.rollout.spec().update;
            Printer::complain(&format!(
                "note: update {update} is unfinished; --approve goes on with it. This plan is \
                 one of an update that begins anew from here"
            ));
        }
        Ok(())
    }

    /// The update to run: the unfinished one, else a new one with this spec, on record. Refused before that is force for a
    /// user who may not delete pods. What the flags ask of an unfinished one in vain is said.
    pub(super) fn begin(
        &mut self,
        reached: &Reached,
        unfinished: Option<Recorded>,
        spec: Spec,
        flags: &UpgradeNodegroup,
    ) -> Result<Recorded> {
        if unfinished.is_some() {
            let asked = other::asked(flags)?;
            let kept = other::differences(&asked, &spec);
            if !kept.is_empty() {
                Printer::complain(&format!(
                    "note: update {0} goes on as it was begun: {1}. For other numbers end it with `replank cancel {0}`, and \
                     begin anew",
                    spec.update,
                    kept.join(", ")
                ));
            }
        }
        if spec.force {
            reached.may_force()?;
        }
        match unfinished {
            Some(recorded) => Ok(recorded),
            None => Ok(self.journal.start(spec, Timestamp::now())?),
        }
    }

    /// The lease of the group, held.
    pub(super) fn claim(&self, reached: &Reached) -> Result<Arc<Claim>> {
        let claim = self.claims.of(self.group.as_str());
        reached.runtime.block_on(claim.hold()).map_err(bad)?;
        Ok(claim)
    }
}
