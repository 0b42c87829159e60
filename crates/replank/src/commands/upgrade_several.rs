//! `replank upgrade nodegroup` for one or several node groups: one after the other, or some at once. Budgets hold for all of them:
//! every eviction goes through the eviction API, whoever asks for it.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;
use replank_kube::nodes;

use super::{resolve, upgrade};
use crate::cli::remote::{Cloud, UpgradeNodegroup, UpgradeNodegroups};
use crate::client::Client;
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::{real, runtime};

/// Plans or updates every node group that the flags name.
pub(super) fn run(flags: &UpgradeNodegroups, printer: &mut Printer) -> Result<Exit> {
    let names = names(flags)?;
    let each = |name: &String| UpgradeNodegroup {
        name: name.clone(),
        is_one_of_several: names.len() > 1,
        ..flags.each.clone()
    };
    let several: Vec<UpgradeNodegroup> = names.iter().map(each).collect();
    refuse(flags, &several)?;
    if several.len() > 1 {
        each_is_there(&flags.each, &names)?;
    }
    match flags.parallel {
        Some(most) if several.len() > 1 && most > 1 && flags.each.approve => {
            Ok(at_once(&several, usize::from(most)))
        }
        _ => in_sequence(&several, printer),
    }
}

/// Error for what one process cannot do.
fn refuse(flags: &UpgradeNodegroups, several: &[UpgradeNodegroup]) -> Result<()> {
    let is_parallel = flags.parallel.is_some_and(|most| most > 1) && several.len() > 1;
    if is_parallel && flags.each.local.cloud == Some(Cloud::Kwok) {
        return Err(bad("--parallel: with --cloud kwok one group after the other, since one process holds the embedded cloud; \
                        `replank up --cloud kwok` runs several updates at once"
            .to_owned()));
    }
    Ok(())
}

/// Error for a name that is none, before anything is begun.
fn each_is_there(flags: &UpgradeNodegroup, names: &[String]) -> Result<()> {
    if real::upgrade::is_meant(flags) {
        let known = every(flags)?;
        return match names.iter().find(|name| !known.contains(name)) {
            Some(unknown) => {
                Err(bad(format!("there is no node group {unknown}; there is {}", known.join(", "))))
            }
            None => Ok(()),
        };
    }
    let client = Client::new(&flags.server)?;
    let cluster = flags.cluster.cluster.as_deref();
    names.iter().try_for_each(|name| resolve::group(&client, name, cluster).map(drop))
}

/// The node groups, each once.
fn names(flags: &UpgradeNodegroups) -> Result<Vec<String>> {
    let mut names = if flags.all { every(&flags.each)? } else { flags.names.clone() };
    let mut known = BTreeSet::new();
    names.retain(|name| known.insert(name.clone()));
    if names.is_empty() {
        return Err(bad("--all: there is no node group".to_owned()));
    }
    Ok(names)
}

/// Every node group: of the cluster on a server, or of the real cluster that the flags name.
fn every(flags: &UpgradeNodegroup) -> Result<Vec<String>> {
    if !real::upgrade::is_meant(flags) {
        let groups = resolve::groups(&Client::new(&flags.server)?, flags.cluster.cluster.as_deref())?;
        let clusters: BTreeSet<&str> = groups.iter().map(|group| group.cluster.as_str()).collect();
        if clusters.len() > 1 {
            let clusters: Vec<&str> = clusters.into_iter().collect();
            return Err(bad(format!(
                "--all: there are several clusters: {}; say which with --cluster",
                clusters.join(", ")
            )));
        }
        return Ok(groups.into_iter().map(|group| group.name).collect());
    }
    if flags.local.cloud == Some(Cloud::Aws) {
        return real::aws::list::names(&flags.local.account, flags.cluster.cluster.as_deref());
    }
    let runtime = runtime::threads()?;
    let connection = real::connect::connection(&runtime, &flags.local.reach)?;
    let nodes = runtime.block_on(nodes::with_groups(&connection.client, None)).map_err(bad)?;
    let groups: BTreeSet<String> = nodes.into_iter().filter_map(|(_, group)| group).collect();
    Ok(groups.into_iter().collect())
}

/// One after the other. The first that does not succeed ends it; plans are all printed.
fn in_sequence(several: &[UpgradeNodegroup], printer: &mut Printer) -> Result<Exit> {
    let mut exit = Exit::Done;
    for (at, flags) in several.iter().enumerate() {
        let ended = upgrade::one(flags, printer)?;
        exit = exit.or_worse(ended);
        let left: Vec<&str> = several.iter().skip(at + 1).map(|flags| flags.name.as_str()).collect();
        if !flags.approve || left.is_empty() || matches!(ended, Exit::Done | Exit::Unplaced) {
            continue;
        }
        printer.flush();
        Printer::complain(&format!(
            "not begun, since node group {} did not succeed: {}",
            flags.name,
            left.join(", ")
        ));
        break;
    }
    Ok(exit)
}

/// So many at once. What is under way goes on when another one fails; no further one is begun then.
fn at_once(several: &[UpgradeNodegroup], most: usize) -> Exit {
    let (waiting, stopped) = (Mutex::new(several.iter()), AtomicBool::new(false));
    let work = || {
        let mut printer = Printer::stdout();
        let mut exit = Exit::Done;
        loop {
            // Nothing that holds this lock panics.
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some(flags) = next else { return exit };
            if stopped.load(Ordering::Acquire) {
                Printer::complain(&format!("not begun, since another one did not succeed: {}", flags.name));
                continue;
            }
            let ended = upgrade::one(flags, &mut printer).unwrap_or_else(|error| {
                printer.flush();
                Printer::complain(&format!("error: node group {}: {error:#}", flags.name));
                super::exit_of(&error)
            });
            if !matches!(ended, Exit::Done | Exit::Unplaced) {
                stopped.store(true, Ordering::Release);
            }
            exit = exit.or_worse(ended);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..most.min(several.len())).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| worker.join().unwrap_or(Exit::Unexpected));
        ended.fold(Exit::Done, Exit::or_worse)
    })
}
