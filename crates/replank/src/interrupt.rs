//! SIGINT and SIGTERM: the run stops between two turns, with its record complete. A second signal ends the process at
//! once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Flag that is set when the process is asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(CancellationToken);

impl Interrupt {
    /// Installs the signal handlers.
    pub(crate) fn listen() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order, the first signal only sets the flag and the second finds it set. Nothing has to run for
            // it: a process that hangs ends as well.
            flag::register_conditional_default(signal, asked.clone())?;
            flag::register(signal, asked.clone())?;
        }
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (mut interrupts, mut terminates) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let interrupt = Self(CancellationToken::new());
        let heard = interrupt.clone();
        // A thread of its own, for runs that block theirs.
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _first = interrupts.recv() => {}
                    _first = terminates.recv() => {}
                }
            });
            heard.0.cancel();
        })?;
        Ok(interrupt)
    }

    /// Whether a signal came.
    pub(crate) fn asked(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns when it is asked for.
    pub(crate) async fn wait(&self) {
        self.0.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn a_polite_kill_is_heard_by_who_waits_and_by_who_looks() {
        let interrupt = Interrupt::listen().unwrap();
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let wait = |most| runtime.block_on(async { timeout(most, interrupt.wait()).await.is_ok() });
        assert!(!wait(Duration::from_millis(10)) && !interrupt.asked());
        kill_process(getpid(), Signal::TERM).unwrap();
        assert!(wait(Duration::from_secs(10)) && interrupt.asked());
    }
}
