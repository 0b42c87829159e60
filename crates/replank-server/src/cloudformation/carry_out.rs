//! Carries stacks out while the server runs. After a kill the next one goes on where the records say.

use std::sync::Arc;
use std::time::Duration;

use replank_service::ports::Account;
use replank_stacks::run::{self, Again};
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// How soon a stack in progress is looked at again. Worlds may run many times as fast as the clock.
const SOON: Duration = Duration::from_millis(200);
/// How soon one that a fault of this machine holds up is.
const LATER: Duration = Duration::from_secs(10);

/// Carries stacks out until `stop` is cancelled.
pub(crate) async fn carry_out<A: Account>(app: Arc<App<A>>, stop: CancellationToken) {
    loop {
        let again = run::turn(&*app).await;
        let rest = async {
            match again {
                Again::Soon => tokio::time::sleep(SOON).await,
                Again::Later => tokio::time::sleep(LATER).await,
                Again::WhenAsked => app.stack_work.notified().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = rest => {}
        }
    }
}
