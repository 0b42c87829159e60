//! Where an update runs: on a server, or in a process of this user that runs it on a real cluster.

use anyhow::Result;
use replank_kube::lists::identity;
use replank_server::control::api::{UpdateAnswer, UpdatesAnswer};

use super::resolve;
use super::upgrades;
use crate::cli::Reach;
use crate::cli::remote::{OneUpdate, Server};
use crate::client::{Client, Trouble};
use crate::errors::bad;
use crate::real::connect;
use crate::runtime;
use crate::up::update_process::{self, UpdateProcess};

/// Variables that name a server.
const VARIABLES: [&str; 2] = ["REPLANK_ENDPOINT", "AWS_ENDPOINT_URL"];

/// Everything that the flags may mean: what they name, else the server that the environment names while it has something
/// under way, else the updates of real clusters on this machine and that server or the last `replank up`. At least one.
pub(super) fn all(flags: &Server, reach: &Reach) -> Result<Vec<Client>> {
    if flags.data.is_some() || flags.endpoint_url.is_some() {
        return Ok(vec![Client::new(flags)?]);
    }
    if reach.is_given() {
        return of_cluster(reach);
    }
    let named = is_named().then(|| Client::new(flags)).transpose()?;
    if let Some(server) = named.filter(has_running) {
        return Ok(vec![server]);
    }
    let mut found: Vec<Client> = to(&update_process::running())?;
    match Client::new(flags) {
        Ok(server) => found.push(server),
        // What the environment names badly is said even where there is something else.
        Err(_) if !found.is_empty() && !is_named() => {}
        Err(trouble) => return Err(trouble.into()),
    }
    Ok(found)
}

/// Everything that a command to every update is given to: where the environment names a server, the updates of that alone,
/// since whoever works with one means no real cluster.
pub(super) fn every(flags: &Server, reach: &Reach) -> Result<Vec<Client>> {
    let is_plain = flags.data.is_none() && !reach.is_given();
    if is_plain && is_named() { Ok(vec![Client::new(flags)?]) } else { all(flags, reach) }
}

/// Whether a server has something under way.
fn has_running(server: &Client) -> bool {
    let updates = server.get::<UpdatesAnswer>("updates", &[("running", "true")]);
    let upgrades = || upgrades::running(server, None);
    updates.is_ok_and(|all| !all.updates.is_empty()) || upgrades().is_ok_and(|all| !all.is_empty())
}

/// Whether the environment names a server.
fn is_named() -> bool {
    VARIABLES.into_iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn to(processes: &[UpdateProcess]) -> Result<Vec<Client>> {
    processes.iter().map(|process| Ok(Client::to_process(process)?)).collect()
}

/// The updates of one real cluster: those of this machine; where there are none, its leases say who acts, and where.
fn of_cluster(reach: &Reach) -> Result<Vec<Client>> {
    let runtime = runtime::threads()?;
    let connection = connect::connection(&runtime, reach)?;
    let uid = runtime.block_on(identity(&connection.client));
    let mut processes = update_process::running();
    processes.retain(|process| match &uid {
        Some(uid) => process.cluster_uid.as_ref() == Some(uid),
        None => process.server == connection.server,
    });
    if !processes.is_empty() {
        return to(&processes);
    }
    let held = runtime.block_on(replank_kube::lease::of_groups(&connection.client)).map_err(bad)?;
    let told: Vec<String> = held
        .iter()
        .map(|(group, held)| {
            format!("\n  node group {group}: {}, which said so {} s ago", held.holder, held.seconds)
        })
        .collect();
    Err(bad(if told.is_empty() {
        format!("nobody acts on a node group of {} at present", connection.server)
    } else {
        format!(
            "no process of this user on this machine acts on {}. These do; ask where they run:{}",
            connection.server,
            told.concat()
        )
    }))
}

/// The updates that each place has, without places that do not answer, unless none does.
pub(super) fn updates(
    clients: Vec<Client>,
    query: &[(&str, &str)],
) -> Result<Vec<(Client, Vec<UpdateAnswer>)>> {
    let (mut found, mut unheard) = (Vec::new(), None);
    for client in clients {
        match client.get::<UpdatesAnswer>("updates", query) {
            Ok(UpdatesAnswer { updates }) => found.push((client, updates)),
            Err(trouble) if trouble.may_pass() => unheard = Some(trouble),
            // A cluster that this place does not have.
            Err(Trouble::Said { status: 404, .. }) if !query.is_empty() => {
                unheard = unheard.or(Some(Trouble::Nowhere));
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
    match (found.is_empty(), unheard) {
        (true, Some(trouble)) => Err(trouble.into()),
        _ => Ok(found),
    }
}

/// The place of the update that is meant; where several fit the one where it is under way.
pub(super) fn client(flags: &OneUpdate) -> Result<Client> {
    let mut clients = all(&flags.server, &flags.reach)?;
    if clients.len() == 1 {
        return Ok(clients.remove(0));
    }
    let (what, cluster) = (flags.what.as_deref(), flags.cluster.cluster.as_deref());
    let is_of =
        |update: &UpdateAnswer| cluster.is_none_or(|cluster| update.cluster.as_deref() == Some(cluster));
    let mut fitting = Vec::new();
    for (client, updates) in updates(clients, &[])? {
        let upgrade = upgrades::meant(&client, flags)?;
        let own = updates.iter().filter(|update| is_of(update) && resolve::fits(update, what));
        let (mut all, mut running) = (0, Vec::new());
        for update in own {
            all += 1;
            running.extend(update.is_running().then(|| resolve::named(update)));
        }
        if let Some(upgrade) = upgrade {
            all += 1;
            running.extend((!upgrade.status.is_over()).then(|| upgrade.upgrade.clone()));
        }
        fitting.push((client, all, running));
    }
    let under_way: Vec<&(Client, usize, Vec<String>)> =
        fitting.iter().filter(|(_, _, running)| !running.is_empty()).collect();
    if under_way.len() > 1 {
        let named: Vec<&str> =
            under_way.iter().flat_map(|(_, _, running)| running.iter().map(String::as_str)).collect();
        return Err(bad(format!("several updates are under way; name one: {}", named.join(", "))));
    }
    // Without one that fits the last place, a server where there is one, says what is there.
    let chosen = fitting
        .iter()
        .position(|(_, _, running)| !running.is_empty())
        .or_else(|| fitting.iter().rposition(|(_, all, _)| *all > 0))
        .unwrap_or(fitting.len().saturating_sub(1));
    Ok(fitting.swap_remove(chosen).0)
}
