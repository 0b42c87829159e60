//! `upgrade`: asks the process that holds a lab to replace its control plane by the next minor, and waits until it has.

use anyhow::{Context, Result, bail};
use replank_lab::build::{Minor, kubernetes_version};
use std::time::{Duration, Instant};

use super::build;
use super::place::{Running, ask_to_upgrade, asked_to_upgrade, directory};

/// Upgrades the lab of this name.
pub(super) fn upgrade(name: &str, minor: Minor) -> Result<()> {
    let Some(running) = Running::find(name)? else {
        bail!("no lab {name} runs; start one: cargo xtask lab up");
    };
    let before = running.minor.with_context(|| format!("lab {name} is still starting"))?;
    before.allows(minor)?;
    build(minor)?;
    let begin = Instant::now();
    let place = directory(name);
    ask_to_upgrade(&place, minor)?;
    while asked_to_upgrade(&place).is_some() && Running::find(name)?.is_some() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let Some(running) = Running::find(name)? else { bail!("lab {name} has ended meanwhile") };
    if let Some(trouble) = running.trouble {
        bail!("lab {name} stays at {before}: {trouble}");
    }
    println!(
        "Lab {name} runs Kubernetes v{} after {:.1} s, at {} as before; its nodes are as they were.",
        kubernetes_version(minor),
        begin.elapsed().as_secs_f64(),
        running.server.as_deref().unwrap_or_default(),
    );
    Ok(())
}
