//! `replank demo`: runs an update on the embedded world and shows it live.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context, Result};
use replank_core::names::UpdateId;
use replank_engine::block::block_on;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Journal, Recorded};
use replank_engine::run::{self, Ended, Face, Input};
use replank_engine::turn::{Settings, TurnError, Turned, Update};
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_rehearsal::session::{Definition, LogError, Session};
use replank_world::shared::Shared;
use replank_world::time::Span;

use crate::cli::Demo;
use crate::cli::remote::Format;
use crate::definition;
use crate::demo::ActListener;
use crate::demo::feed::Feed;
use crate::demo::json::{self, Json, Line};
use crate::demo::lines::OwnLines;
use crate::demo::live::LiveView;
use crate::demo::pace::{Paced, Speed, Viewer};
use crate::demo::summary::{Collected, Summary};
use crate::errors;
use crate::errors::BadInput;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::lines::Lines;
use crate::printer::Printer;
use crate::probe::DieAt;

/// Default speed on a terminal.
const WATCHABLE: Speed = Speed::Times(60.0);
/// Changes of the world that are this close together wake the engine once.
const GATHER: Span = Span::millis(100);

/// Runs the updates of a world file to their end, shown live, as lines or as JSON.
pub(crate) fn run(flags: &Demo, printer: &mut Printer) -> Result<Exit> {
    let speed = flags.speed.as_deref().map(Speed::parse).transpose().map_err(BadInput)?;
    let definition = definition::definition(&flags.world, &flags.update)?;
    let live = flags.output.is_for_people() && printer.is_terminal && !flags.plain;
    let (mut session, mut journal, _lock) = open(flags, definition)?;
    for warning in session.warnings() {
        Printer::complain(&format!("warning: {warning}"));
    }
    let round = begin(&mut session, &mut journal)?;
    let books = round.iter().map(|one| (one.recorded.rollout.spec().update.clone(), one.collected.clone()));
    let collected = Rc::new(RefCell::new(books.collect::<Books>()));
    let recorded: Vec<Recorded> = round.into_iter().map(|one| one.recorded).collect();
    let world = session.world.clone();
    let Some(begun) = recorded.iter().map(|one| one.rollout.started_at()).min() else {
        return Err(errors::bad("there is no node group to update".into()));
    };
    let updates: Vec<UpdateId> = recorded.iter().map(|one| one.rollout.spec().update.clone()).collect();
    let interrupt = Interrupt::listen().context("signals")?;
    let demo_run = DemoRun { recorded, journal, session, collected: collected.clone(), interrupt };
    let (ended, recorded, failure) = if live {
        let live = LiveView::open(updates.into_iter(), world.clone(), begun, speed.unwrap_or(WATCHABLE))
            .context("the terminal")?;
        let played = demo_run.play(&mut live.clone(), live.clone());
        if matches!(played, Ok((Ended::Over | Ended::Stuck, ..))) {
            live.rest_until_key();
        }
        ratatui::restore();
        played?
    } else {
        let watch = Nobody { speed: speed.unwrap_or(Speed::Max), interrupt: demo_run.interrupt.clone() };
        match flags.output {
            Format::Table | Format::Wide | Format::Name => {
                let lines = Lines::new(printer, begun, updates.len());
                demo_run.play(&mut OwnLines::new(lines, Some(Feed::new(world.clone()))), watch)?
            }
            Format::Json | Format::Yaml => {
                demo_run.play(&mut Json::new(printer, flags.output, world.clone()), watch)?
            }
        }
    };
    if let Some(failure) = failure {
        return Err(failure).context("the world could not be written down");
    }
    let mut collected = collected.take();
    for one in &recorded {
        let collected = collected.remove(&one.rollout.spec().update).unwrap_or_default();
        let summary = Summary::new(collected, &one.rollout, &world);
        match flags.output {
            Format::Table | Format::Wide | Format::Name => summary.print(printer),
            Format::Json | Format::Yaml => {
                json::print(printer, flags.output, &Line::Summary { summary: Box::new(summary) });
            }
        }
    }
    if let (Ended::Left, Some(data)) = (ended, &flags.data) {
        Printer::complain(&format!(
            "left; the same command with --data {} goes on from here",
            data.display()
        ));
    }
    let is_everybody_placed = world.lock().unplaced().after.is_empty();
    Ok(match exit(ended, &recorded) {
        Exit::Done if !is_everybody_placed => Exit::Unplaced,
        other => other,
    })
}

/// Exit code of the worst outcome of all updates.
fn exit(ended: Ended, recorded: &[Recorded]) -> Exit {
    let one = |recorded: &Recorded| match (recorded.rollout.end(), ended) {
        (Some(end), _) => end.outcome.into(),
        (None, Ended::Stuck) => Exit::Stuck,
        (None, Ended::Left | Ended::Over) => Exit::Cancelled,
    };
    recorded.iter().map(one).max_by_key(|exit| exit.code()).unwrap_or(Exit::Done)
}

/// Opens world and journal: new ones in memory, or those of the data directory.
fn open(flags: &Demo, definition: Definition) -> Result<(Session, Journal, Option<DataDir>)> {
    // The world is made first: wrong input is refused before a directory is touched.
    let session = Session::new(definition).map_err(|error| errors::bad(error.to_string()))?;
    let Some(path) = &flags.data else {
        return Ok((session, Journal::in_memory()?, None));
    };
    let holder = Holder::this_process(jiff::Timestamp::now());
    let data = DataDir::open(path, &holder).map_err(|error| errors::bad(error.to_string()))?;
    let journal = data.journal().map_err(|error| errors::bad(error.to_string()))?;
    let session = session.kept(&data.world_file()).map_err(|error| errors::bad(error.to_string()))?;
    Ok((session, journal, Some(data)))
}

/// Goes on with the updates that a killed process left unfinished, or starts those that the world file asks for.
///
/// All groups are started together, so the journal lists them in rounds; a kill while they start leaves an incomplete
/// round.
fn begin(session: &mut Session, journal: &mut Journal) -> Result<Vec<Round>> {
    let listed = journal.list()?;
    let mut known = Vec::new();
    for one in &listed {
        let (recorded, facts) = journal.load(&one.update)?;
        session.remember(&recorded.rollout, &facts);
        let collected = Collected::remembered(&recorded.rollout, &facts);
        known.push(Round { recorded, collected });
    }
    let groups = session.groups().count().max(1);
    let begun = listed.len() % groups;
    let is_over = known.iter().all(|one| one.recorded.rollout.end().is_some());
    let (kept, missing) = match begun {
        0 if is_over => (0, 0),
        0 => (groups, groups),
        begun => (begun, begun),
    };
    if kept == 0 {
        // What earlier updates cost the applications is in their summaries.
        session.world.lock().begin_tally();
    }
    let mut round = known.split_off(known.len() - kept);
    let now = session.now();
    for spec in session.specs(|at| session.update_id(listed.len() - kept + at)).into_iter().skip(missing) {
        round.push(Round { recorded: journal.start(spec, now)?, collected: Collected::default() });
    }
    Ok(round)
}

/// An update, with the part of its summary that was collected before this process.
struct Round {
    recorded: Recorded,
    collected: Collected,
}

/// Collected summary data of each update.
type Books = BTreeMap<UpdateId, Collected>;

/// How a run ended, with its updates, and the error if the acts on the world could not be logged.
type Played = (Ended, Vec<Recorded>, Option<LogError>);

/// Everything a run needs: updates, world, journal.
struct DemoRun {
    recorded: Vec<Recorded>,
    journal: Journal,
    session: Session,
    collected: Rc<RefCell<Books>>,
    interrupt: Interrupt,
}

impl DemoRun {
    /// Runs the updates to their end and shows them on `face`. After a crash that the world file asks for, the engine
    /// starts again from the journal, as after a killed process.
    fn play<W: Viewer>(mut self, face: &mut (impl Face + ActListener), watch: W) -> Result<Played> {
        let world: Shared = self.session.world.clone();
        let stuck = Rc::new(Cell::new(false));
        let mut face = Both {
            face,
            collected: &self.collected,
            session: &mut self.session,
            interrupt: &self.interrupt,
            stuck: stuck.clone(),
        };
        let clock = Paced::new(world.clone(), GATHER, stuck, watch);
        let faults = world.clone();
        let probe = DieAt::from_environment(move || faults.lock().faults.take_crash());
        loop {
            let mut updates: Vec<_> = std::mem::take(&mut self.recorded)
                .into_iter()
                .map(|recorded| {
                    let group = recorded.rollout.spec().group.clone();
                    let cluster = SimulatedCluster::new(world.clone(), group.as_str());
                    let cloud = SimulatedCloud::new(world.clone(), group.as_str());
                    Update::new(recorded, cluster, cloud)
                })
                .collect();
            let settings = Settings::default();
            let ran =
                block_on(run::run(&mut updates, &mut self.journal, &clock, &probe, settings, &mut face));
            let recorded = updates.into_iter().map(|update| update.recorded);
            match ran {
                Ok(ended) => return Ok((ended, recorded.collect(), self.session.failure())),
                Err(TurnError::Stopped(_)) => {
                    let again = recorded.map(|one| self.journal.load(&one.rollout.spec().update));
                    self.recorded = again.map(|loaded| Ok(loaded?.0)).collect::<Result<_>>()?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Passes each turn to the display, the summary and the script of the world file.
struct Both<'a, F> {
    face: &'a mut F,
    collected: &'a Rc<RefCell<Books>>,
    session: &'a mut Session,
    interrupt: &'a Interrupt,
    stuck: Rc<Cell<bool>>,
}

impl<F: Face + ActListener> Face for Both<'_, F> {
    fn show(&mut self, turned: &Turned<'_>) {
        let update = &turned.rollout.spec().update;
        self.collected.borrow_mut().entry(update.clone()).or_default().take(turned);
        self.session.follow(turned.rollout, turned.facts);
        for told in self.session.told() {
            self.face.tell(&told);
        }
        self.face.show(turned);
    }

    fn asked(&mut self) -> Vec<Input> {
        let mut asked = self.face.asked();
        self.stuck.set(self.session.is_stuck());
        if self.interrupt.asked() {
            asked.push(Input::Leave);
        }
        asked.extend(self.session.commands().into_iter().map(Input::Command));
        asked
    }

    fn refused(&mut self, error: &replank_engine::commands::CommandError) {
        self.face.refused(error);
    }
}

/// Clock policy without a display: fixed speed until it is interrupted.
struct Nobody {
    speed: Speed,
    interrupt: Interrupt,
}

impl Viewer for Nobody {
    fn speed(&self) -> Speed {
        self.speed
    }

    fn is_attended(&self) -> bool {
        false
    }

    fn look(&mut self) -> bool {
        self.interrupt.asked()
    }
}
