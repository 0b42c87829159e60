//! The process behind `up`: holds a lab until it is asked to end it. When it dies, the lab ends too.

use anyhow::{Result, bail};
use replank_lab::{Lab, Settings};
use serde_json::json;
use std::io::{BufRead, Write, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::LabArgs;
use super::place::{answer_upgrade, asked_to_end, asked_to_upgrade, directory, hold as take, note};

/// Line that `up` writes before it exits and leaves the lab running.
pub(super) const STAY: &str = "stay";

/// How much each node adds to the time limit for starting.
const EACH: Duration = Duration::from_millis(100);

/// Holds a lab; tells `up` its progress as lines of JSON.
pub(super) fn hold(wish: &LabArgs) -> Result<()> {
    let Some(_held) = take(&wish.which.name)? else { bail!("lab {} runs already", wish.which.name) };
    let alone = without_starter();
    let place = directory(&wish.which.name);
    let settings = Settings {
        name: wish.which.name.clone(),
        directory: Some(place.clone()),
        minor: wish.minor,
        timing: wish.timing(),
        leases: wish.leases(),
        arguments: Vec::new(),
    };
    let unwanted = || asked_to_end(&place) || alone.load(Ordering::Relaxed);
    let started = Lab::start(&settings).and_then(|lab| {
        note(&place, &lab, None)?;
        tell(&json!({"server": lab.server()}));
        lab.add_nodes(&wish.wanted())?;
        let patience =
            Duration::from_mins(2) + Duration::from_secs_f64(wish.timing().join) + EACH * wish.nodes;
        lab.wait(patience, "the nodes to be Ready", || {
            Ok(unwanted() || lab.ready_nodes()? >= wish.nodes as usize)
        })?;
        Ok(lab)
    });
    let lab = match started {
        Ok(lab) => lab,
        Err(error) => {
            tell(&json!({"error": format!("{error:#}")}));
            return Ok(());
        }
    };
    tell(&json!({"ready": true}));
    while !unwanted() {
        if let Some(minor) = asked_to_upgrade(&place) {
            let trouble = lab.upgrade(minor).err().map(|error| format!("{error:#}"));
            note(&place, &lab, trouble.as_deref())?;
            answer_upgrade(&place)?;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    lab.stop();
    Ok(())
}

/// Becomes true when `up` exits without saying that the lab is to stay, that is when it was interrupted.
fn without_starter() -> Arc<AtomicBool> {
    let alone = Arc::new(AtomicBool::new(false));
    let told = alone.clone();
    std::thread::spawn(move || {
        let said = stdin().lock().lines().map_while(Result::ok).any(|line| line == STAY);
        told.store(!said, Ordering::Relaxed);
    });
    alone
}

fn tell(line: &serde_json::Value) {
    let mut out = stdout().lock();
    // Nobody listens any more when `up` is gone.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
