//! A server that is away for a while is waited for: what it carries out goes on when it is back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::client::{Client, Trouble};
use crate::interrupt::Interrupt;
use crate::printer::Printer;

/// Time that the server may wait for news.
pub(crate) const WAIT: Duration = Duration::from_secs(20);
/// Time for which the server may be unreachable.
const AWAY_MAX: Duration = Duration::from_mins(2);
/// Interval between attempts while it is unreachable.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Since when the server does not answer.
#[derive(Debug, Default)]
pub(crate) struct Away {
    since: Option<Instant>,
}

impl Away {
    /// Handles a failed request about `what`, such as `update 7f3a`: waits a moment if the server may come back, up to a
    /// limit. Whether the user left meanwhile.
    pub(crate) fn missed(
        &mut self,
        trouble: Trouble,
        what: &str,
        client: &Client,
        interrupt: &Interrupt,
    ) -> Result<bool> {
        let is_new = self.since.is_none();
        let since = *self.since.get_or_insert_with(Instant::now);
        if !trouble.may_pass() || since.elapsed() >= AWAY_MAX {
            return Err(trouble).with_context(|| format!("{what} is no longer heard of"));
        }
        if is_new {
            Printer::complain(&format!("note: {trouble}; {what} goes on when it is back"));
        }
        Ok(client.rest(ASK_AGAIN, interrupt))
    }

    /// The server answers.
    pub(crate) fn answered(&mut self) {
        if self.since.take().is_some() {
            Printer::complain("note: the server is back");
        }
    }
}
