//! Updates: lists, reports, facts, lines, and commands.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::rollout::GiveBack;
use replank_engine::commands::{Command, CommandKind, Stays, TargetAfter};
use replank_engine::serialized::Time;
use replank_service::Service;
use replank_service::records::Kind;
use tokio::time::{Instant, timeout, timeout_at};

use super::api::{
    CommandAnswer, CommandRequest, HistoryAnswer, LinesAnswer, RecordedAnswer, UpdateAnswer,
    UpdateNodesAnswer, UpdatesAnswer,
};
use super::upgrade_api::NoManner;
use super::{Query, Refusal};
use crate::app::App;
use replank_service::records::{self, Owned, UpdateStatus};
use replank_service::update_feed::{Lines, Watched};

/// How long a command may wait to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

/// Updates on record, oldest first, and those that only the journal has.
pub(crate) fn list<A>(app: &App<A>, query: &Query) -> Result<UpdatesAnswer, Refusal> {
    let (cluster, group) = (query.text("cluster"), query.text("nodegroup"));
    let is_running = query.text("running") == Some("true");
    let mut records = app.service.records.all(Kind::Update);
    records.sort_by_key(|(_, record)| record.number);
    let mut shown: Vec<UpdateAnswer> = Vec::new();
    let mut recorded: HashSet<String> = HashSet::new();
    for (key, record) in records {
        let owned: Owned = records::read(&record.document)?;
        let named = owned.owner.nodegroup();
        let fits = cluster.is_none_or(|cluster| key.cluster == cluster)
            && group.is_none_or(|group| named == Some(group))
            && (!is_running || owned.update.status == UpdateStatus::InProgress);
        if fits {
            shown.push(one(app, &key.name, Some((&key.cluster, &owned))));
        }
        recorded.insert(key.name);
    }
    if cluster.is_none() && group.is_none() && !is_running {
        let others = app.service.feed.updates().into_iter().filter(|id| !recorded.contains(id));
        shown.extend(others.map(|id| one(app, &id, None)));
    }
    Ok(UpdatesAnswer { updates: shown })
}

/// One update, with its report and what it waited for.
pub(crate) fn show<A>(app: &App<A>, id: &str) -> Result<UpdateAnswer, Refusal> {
    let found = known(&app.service, id)?;
    let mut shown = one(app, id, found.as_ref().map(|(cluster, owned)| (cluster.as_str(), owned)));
    shown.waited = Some(app.service.feed.waited(id));
    Ok(shown)
}

/// The facts of an update.
pub(crate) fn history<A>(app: &App<A>, id: &str) -> Result<HistoryAnswer, Refusal> {
    known(&app.service, id)?;
    let events = app.service.feed.events(id).unwrap_or_default();
    Ok(HistoryAnswer { update: id.to_owned(), events })
}

/// The nodes of an update's group with their places in it, and the budgets of its cluster.
pub(crate) fn nodes<A>(app: &App<A>, id: &str) -> Result<UpdateNodesAnswer, Refusal> {
    known(&app.service, id)?;
    let Watched { nodes, budgets } = app.service.feed.watch(id);
    if nodes.is_none() {
        // They are listed at the next turn, which a paused update may not take for long.
        app.service.wake();
    }
    Ok(UpdateNodesAnswer { update: id.to_owned(), nodes, budgets })
}

/// The first line that is wanted: the parameter `from`, if it is of this run.
pub(crate) fn from<A>(service: &Service<A>, query: &Query) -> Result<u64, Refusal> {
    let same_run = query.text(super::RUN).is_none_or(|run| run == service.feed.run());
    Ok(query.number("from")?.filter(|_| same_run).unwrap_or(0))
}

/// What is heard of an update from a line on.
pub(crate) struct Heard {
    /// What the update told from that line on, as many as are told at once.
    pub(crate) lines: Lines,
    /// Whether no line will follow these, unless there are more than are told at once.
    pub(crate) is_over: bool,
    /// When it began; none while nothing was told.
    pub(crate) begun: Option<Time>,
}

/// What is heard of an update from a line on.
pub(crate) fn heard<A>(service: &Service<A>, id: &str, from: u64) -> Result<Heard, Refusal> {
    let report = service.feed.report(id);
    let is_over = known(service, id)?.map_or_else(
        || report.as_ref().is_some_and(|report| report.end.is_some()),
        |(_, owned)| owned.update.status != UpdateStatus::InProgress,
    );
    // Lines are taken after the status was read, so that none comes after the end.
    let lines = service.feed.lines(id, from);
    Ok(Heard { lines, is_over, begun: report.map(|report| report.started_at) })
}

/// Lines of an update from a number on; waits for the next one when there is none.
pub(crate) async fn lines<A>(app: &App<A>, id: &str, query: &Query) -> Result<LinesAnswer, Refusal> {
    let wait = query.wait()?;
    let from = from(&app.service, query)?;
    let until = Instant::now() + wait;
    let mut news = app.service.feed.news();
    loop {
        // What is written from here on wakes the wait below.
        let is_ending = *news.borrow_and_update();
        let Heard { lines, is_over, begun } = heard(&app.service, id, from)?;
        let is_told = !lines.told.is_empty() || is_over || is_ending;
        if is_told || timeout_at(until, news.changed()).await.is_err() {
            return Ok(LinesAnswer {
                update: id.to_owned(),
                run: app.service.feed.run().to_owned(),
                begun,
                over: is_over && lines.told.is_empty(),
                lines: lines.told,
                next: lines.next,
                lost: lines.lost,
            });
        }
    }
}

/// Gives a command to an update and waits until it is taken.
pub(crate) async fn command<A>(
    app: &App<A>,
    id: &str,
    verb: &str,
    manner: &CommandRequest,
    by: &str,
) -> Result<CommandAnswer, Refusal> {
    let in_work = if manner.uncordon { GiveBack::Yes } else { GiveBack::No };
    let stays = if manner.keep_new { Stays::New } else { Stays::Old };
    let is_restored = manner.restore_target.unwrap_or(!manner.keep_new);
    let target = if is_restored { TargetAfter::Restored } else { TargetAfter::Stays };
    let wish = match verb {
        "pause" => CommandKind::Pause { in_work },
        "resume" => CommandKind::Resume,
        "cancel" => CommandKind::Cancel { in_work, target, stays },
        "force" => CommandKind::Force,
        _ => return Err(Refusal::missing(format!("{verb} is nothing that can be asked of an update."))),
    };
    if let Some(declared) = &app.declared {
        // Its object tells whether there is such an update; another replica may run it.
        declared.ask(by, id, wish).await?;
        return Ok(CommandAnswer { update: id.to_owned(), accepted: verb.to_owned() });
    }
    known(&app.service, id)?;
    given(app, id, verb, wish).await
}

/// The same for an upgrade of a whole cluster.
pub(crate) async fn command_upgrade<A>(
    app: &App<A>,
    id: &str,
    verb: &str,
    _manner: &NoManner,
) -> Result<CommandAnswer, Refusal> {
    let in_work = GiveBack::No;
    let wish = match verb {
        "pause" => CommandKind::Pause { in_work },
        "resume" => CommandKind::Resume,
        "cancel" => CommandKind::Cancel { in_work, target: TargetAfter::Restored, stays: Stays::Old },
        _ => return Err(Refusal::missing(format!("{verb} is nothing that can be asked of an upgrade."))),
    };
    super::upgrades::known(app, id)?;
    super::upgrades::undeclared(app)?;
    given(app, id, verb, wish).await
}

/// Gives a command and waits until it is taken.
async fn given<A>(app: &App<A>, id: &str, verb: &str, wish: CommandKind) -> Result<CommandAnswer, Refusal> {
    let command = Command { update: UpdateId::new(id), wish };
    let Some(answered) = app.service.feed.ask(command) else {
        return Err(Refusal::new(429, "TooManyRequests", "Too many commands wait; try again."));
    };
    app.service.wake();
    match timeout(PATIENCE, answered).await {
        Ok(Ok(Ok(()))) => Ok(CommandAnswer { update: id.to_owned(), accepted: verb.to_owned() }),
        Ok(Ok(Err(why))) => Err(Refusal::new(409, "Conflict", why)),
        Ok(Err(_)) | Err(_) => {
            let said = "The server is ending or busy; look before asking again.";
            Err(Refusal::new(503, "Unavailable", said))
        }
    }
}

/// The record of an update; `None` when only the journal has it, an error when neither has.
fn known<A>(service: &Service<A>, id: &str) -> Result<Option<(String, Owned)>, Refusal> {
    match find(service, id) {
        None if !service.feed.knows(id) => Err(Refusal::missing(match service.feed.replica_of(id) {
            Some(replica) => format!("Update {id} is run by replica {replica}; look at it there."),
            None => format!("There is no update {id}."),
        })),
        found => Ok(found),
    }
}

fn find<A>(service: &Service<A>, id: &str) -> Option<(String, Owned)> {
    let (key, record) = service.records.named(Kind::Update, id)?;
    Some((key.cluster, records::read(&record.document).ok()?))
}

fn one<A>(app: &App<A>, id: &str, found: Option<(&str, &Owned)>) -> UpdateAnswer {
    let report = app.service.feed.report(id);
    let Some((cluster, Owned { owner, update, .. })) = found else {
        return UpdateAnswer {
            update: id.to_owned(),
            cluster: report.as_ref().map(|report| report.cluster.clone()),
            nodegroup: report.as_ref().map(|report| report.group.clone()),
            created_at: report.as_ref().map(|report| report.started_at),
            recorded: None,
            report,
            waited: None,
        };
    };
    let created_at = Timestamp::from_millisecond((update.created_at * 1000.0) as i64).ok();
    UpdateAnswer {
        update: id.to_owned(),
        cluster: Some(cluster.to_owned()),
        nodegroup: owner.nodegroup().map(str::to_owned),
        created_at: report.as_ref().map(|report| report.started_at),
        recorded: Some(RecordedAnswer {
            kind: update.kind.clone(),
            status: update.status,
            created_at_wall: created_at.map(|at| at.to_string()),
            params: update.params.clone(),
            errors: update.errors.clone(),
        }),
        report,
        waited: None,
    }
}
