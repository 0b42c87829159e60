//! `CancelUpdate`: only a rollback of a control plane could be cancelled (EKS); here even a running one goes to its end.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::Value;

use super::{EksError, Exception, Input};
use crate::app::App;
use replank_service::records;
use replank_service::records::{Owned, Owner};

/// Always an error, which says why the update cannot be cancelled.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("name"))?.name;
    let id = input.text("updateId");
    let about = |exception, said: String| Err(EksError::new(exception, said).cluster(&cluster));
    let Some(found) = app.service.records.get(&Key::new(Kind::Update, &cluster, id)) else {
        return Err(EksError::no_update(&cluster, id));
    };
    let owned: Owned = records::read(&found.document)?;
    if owned.owner != Owner::Cluster || owned.update.kind != "VersionRollback" {
        let said =
            format!("Update {id} is of type {}; only a VersionRollback can be cancelled.", owned.update.kind);
        return about(Exception::InvalidRequest, said);
    }
    let status = owned.update.status;
    about(Exception::InvalidRequest, format!("Update {id} is {status:?} and cannot be cancelled any more."))
}
