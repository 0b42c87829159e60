//! Flags laid over the world file. Errors name the flag, its value and what to do about it.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result};
use replank_formats::manifest::{self, Source};
use replank_formats::snapshot::LaidOver;
use replank_formats::worldfile::spec::{self, Strategy};
use replank_formats::worldfile::{self, Length};
use replank_rehearsal::session::Definition;

use crate::cli::{self, Guard, Increment, Order};
use crate::client;
use crate::errors::bad;
use crate::settings::{laid_over, length, max_unavailable};

/// Reads the world file and lays the flags over it.
pub(crate) fn definition(world: &cli::World, update: &cli::Update) -> Result<Definition> {
    let mut spec = match &world.file {
        Some(path) => {
            let LaidOver { file, text } = laid_over(path)?;
            worldfile::read(&file, &text).map_err(|refused| bad(refused.to_string()))?
        }
        None => worldfile::default_world()
            .map_err(|refused| anyhow::anyhow!("{refused}"))
            .context("built-in world")?,
    };
    if let Some(seed) = world.seed {
        spec.seed = seed;
    }
    if let Some(group) = &world.nodegroup {
        spec.update.groups = Some(vec![group.clone()]);
    }
    if world.autoscaler {
        for cluster in &mut spec.clusters {
            cluster.autoscaler.enabled = true;
        }
    }
    lay_over(&mut spec.update, update)?;
    recreated(&mut spec, update);
    let manifests = sources(&world.manifests, world.namespace.as_deref(), &mut std::io::stdin())?;
    let replaces_workloads = world.file.is_none() && !manifests.is_empty();
    Ok(Definition { spec, world_file: world.file.clone(), manifests, replaces_workloads })
}

/// The texts that `-f` names: files, directories, standard input as manifests are read, and URLs, which are fetched.
///
/// Their objects that name no namespace are in `namespace`.
pub(crate) fn sources(
    given: &[PathBuf],
    namespace: Option<&str>,
    stdin: &mut dyn Read,
) -> Result<Vec<Source>> {
    if let Some((namespace, detail)) = namespace.and_then(|name| Some((name, manifest::no_namespace(name)?)))
    {
        return Err(bad(format!("--namespace {namespace}: {detail}")));
    }
    let mut found = Vec::new();
    for path in given {
        let url = path.to_str().filter(|text| text.starts_with("http://") || text.starts_with("https://"));
        match url {
            Some(url) => {
                found.push(Source { name: client::shown(url), text: client::fetched(url)?, namespace: None });
            }
            None => {
                let read = manifest::sources(std::slice::from_ref(path), stdin);
                found.extend(read.map_err(|wrong| bad(wrong.to_string()))?);
            }
        }
    }
    for source in &mut found {
        source.namespace = namespace.map(str::to_owned);
    }
    Ok(found)
}

/// Sets whether owners that nothing simulates create their pods again.
pub(crate) fn recreated(spec: &mut spec::WorldSpec, flags: &cli::Update) {
    let Some(recreate) = flags.assume_recreated else { return };
    spec.clusters.iter_mut().for_each(|cluster| cluster.operators.recreate = recreate);
}

pub(crate) fn lay_over(update: &mut spec::Update, flags: &cli::Update) -> Result<()> {
    if let Some(release) = &flags.release_version {
        update.release.clone_from(release);
    }
    if let Some(version) = &flags.kubernetes_version {
        update.version = Some(version.clone());
    }
    if let Some(text) = &flags.max_unavailable {
        (update.max_unavailable, update.max_unavailable_percentage) = max_unavailable(text)?;
    }
    if let Some(strategy) = flags.strategy {
        update.strategy = Some(match strategy {
            cli::Strategy::Default => Strategy::Default,
            cli::Strategy::Minimal => Strategy::Minimal,
            cli::Strategy::Replace => Strategy::Replace,
        });
    }
    if let Some(increment) = flags.increment {
        update.increment = match increment {
            Increment::Smallest => spec::Increment::Smallest,
            Increment::Ceiling => spec::Increment::Ceiling,
        };
    }
    if let Some(guard) = flags.guard {
        update.guard = match guard {
            Guard::Taint => spec::Guard::Taint,
            Guard::Cordon => spec::Guard::Cordon,
        };
    }
    if let Some(order) = flags.order {
        update.order = match order {
            Order::Random => spec::Order::Random,
            Order::ZoneByZone => spec::Order::ZoneByZone,
            Order::Oldest => spec::Order::Oldest,
            Order::Emptiest => spec::Order::Emptiest,
        };
    }
    update.force |= flags.force;
    if flags.keep_bare_pods {
        update.pods.bare = spec::LossRule::Refuse;
    }
    if flags.keep_emptydir_pods {
        update.pods.empty_dir = spec::LossRule::Refuse;
    }
    if flags.wait_for_jobs {
        update.pods.jobs = spec::JobRule::Wait;
    }
    if let Some(seconds) = flags.grace_cap {
        update.pods.grace_cap = Some(Length(jiff::SignedDuration::from_secs(i64::from(seconds))));
    }
    if let Some(text) = &flags.drain_timeout {
        update.limits.drain = length("--drain-timeout", text)?;
    }
    if let Some(text) = &flags.join_timeout {
        update.limits.join = length("--join-timeout", text)?;
    }
    Ok(())
}
