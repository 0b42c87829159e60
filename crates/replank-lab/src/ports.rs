//! Free ports, reserved as long as a lab lives, even while nothing listens on them.
//!
//! They are below the range for outgoing connections, so that a restarted server does not find one of those on its
//! port. A lock on a file keeps two labs from taking the same.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

/// First port: below what common systems use for outgoing connections (Linux: 32768) and above well-known services.
const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// A port that is reserved until this value is dropped.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// The lock; the system releases it when the process ends.
    _lock: File,
}

impl Port {
    /// Reserves a free port.
    pub(crate) fn take() -> Result<Self> {
        let directory = std::env::temp_dir().join("replank-lab-ports");
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = since.subsec_nanos().wrapping_add(process::id().wrapping_mul(7919));
        for step in 0..u32::from(COUNT) {
            let number = FIRST + (start.wrapping_add(step) % u32::from(COUNT)) as u16;
            let file = File::options().create(true).append(true).open(directory.join(number.to_string()));
            let Ok(lock) = file else { continue };
            let ours = lock.try_lock().is_ok();
            if ours && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("no port from {FIRST} to {} is free on 127.0.0.1", FIRST + COUNT - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Port;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_gets_a_port_that_is_held() {
        let held: Vec<Port> = (0..50).map(|_| Port::take().expect("a port is free")).collect();
        assert_eq!(held.iter().map(|port| port.number).collect::<BTreeSet<_>>().len(), 50);
    }
}
