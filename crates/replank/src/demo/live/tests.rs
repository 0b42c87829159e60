//! Keys as a table, and screens as text in `screens`. `UPDATE_SNAPSHOTS=1` writes them anew.

use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use replank_core::node_group::phase::Phase;
use replank_engine::block::block_on;
use replank_engine::journal::Journal;
use replank_engine::probe::Pass;
use replank_engine::run::run;
use replank_engine::turn::{Settings, Update};
use replank_formats::worldfile;
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_rehearsal::drive::WorldClock;
use replank_rehearsal::session::{Definition, Session};
use replank_world::time::Span;

use super::*;

fn state(updates: usize) -> State {
    let updates = (0..updates).map(|number| UpdateId::new(format!("u{number}")));
    State::new(updates, Timestamp::UNIX_EPOCH, Speed::Times(60.0))
}

#[test]
fn keys() {
    let wish = |wish| vec![Input::Command(Command { update: UpdateId::new("u0"), wish })];
    let (none, ctrl, shift) = (KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::SHIFT);
    let rows = [
        ('p', none, wish(CommandKind::Pause { in_work: GiveBack::No })),
        ('P', shift, wish(CommandKind::Pause { in_work: GiveBack::Yes })),
        ('P', none, wish(CommandKind::Pause { in_work: GiveBack::Yes })),
        ('r', none, wish(CommandKind::Resume)),
        ('c', ctrl, vec![Input::Leave]),
        ('q', none, vec![Input::Leave]),
        ('x', none, Vec::new()),
        ('+', none, Vec::new()),
    ];
    for (key, modifiers, asked) in rows {
        let mut state = state(1);
        assert_eq!(state.key(KeyCode::Char(key), modifiers), !asked.is_empty(), "{key}");
        assert_eq!(state.inputs, asked, "{key}");
    }
}

#[test]
fn what_cannot_be_taken_back_is_asked_for_twice() {
    let cancel = |in_work| CommandKind::Cancel { in_work, target: TargetAfter::Restored, stays: Stays::Old };
    let rows = [('c', cancel(GiveBack::No)), ('C', cancel(GiveBack::Yes)), ('f', CommandKind::Force)];
    for (key, wish) in rows {
        for (answer, is_taken) in [('y', true), ('n', false), ('q', false)] {
            let mut state = state(1);
            assert!(!state.key(KeyCode::Char(key), KeyModifiers::NONE));
            assert!(state.inputs.is_empty() && screen(&state, 100, 24).contains("? "), "{key}");
            assert_eq!(state.key(KeyCode::Char(answer), KeyModifiers::NONE), is_taken, "{key} {answer}");
            let asked = Input::Command(Command { update: UpdateId::new("u0"), wish });
            assert_eq!(state.inputs, if is_taken { vec![asked] } else { Vec::new() }, "{key} {answer}");
        }
    }
}

#[test]
fn events_are_scrolled_and_keys_explained() {
    let mut state = state(1);
    state.events = (0..99).map(|number| format!("00:00:00 event {number}")).collect();
    for (key, scrolled) in [(KeyCode::Down, 0), (KeyCode::PageUp, 10), (KeyCode::Down, 9), (KeyCode::Up, 10)]
    {
        state.key(key, KeyModifiers::NONE);
        assert_eq!(state.scrolled, scrolled);
    }
    state.key(KeyCode::Char('?'), KeyModifiers::NONE);
    assert!(screen(&state, 100, 24).contains("faster, slower, as fast as it goes"));
    state.key(KeyCode::Char('?'), KeyModifiers::NONE);
    assert!(!state.explains);
}

#[test]
fn keys_of_speed() {
    let mut state = state(1);
    let rows = [
        ('+', Speed::Times(120.0)),
        ('=', Speed::Times(300.0)),
        ('-', Speed::Times(120.0)),
        ('m', Speed::Max),
        ('+', Speed::Max),
        ('-', Speed::Times(3600.0)),
    ];
    for (key, speed) in rows {
        state.key(KeyCode::Char(key), KeyModifiers::NONE);
        assert_eq!(state.speed, speed, "{key}");
    }
    for _ in 0..20 {
        state.key(KeyCode::Char('-'), KeyModifiers::NONE);
    }
    assert_eq!(state.speed, Speed::Times(1.0));
}

#[test]
fn tab_chooses_whom_keys_are_about() {
    let mut state = state(2);
    for (update, chosen) in [("u1", 1), ("u0", 0)] {
        state.key(KeyCode::Tab, KeyModifiers::NONE);
        assert_eq!(state.chosen, chosen);
        state.key(KeyCode::Char('r'), KeyModifiers::NONE);
        let asked = std::mem::take(&mut state.inputs);
        assert_eq!(
            asked,
            [Input::Command(Command { update: UpdateId::new(update), wish: CommandKind::Resume })]
        );
    }
}

/// Follows a run and ends it when the state is as wanted.
struct Until<F> {
    state: State,
    feed: Feed,
    wanted: F,
}

impl<F: Fn(&State) -> bool> Face for Until<F> {
    fn show(&mut self, turned: &Turned<'_>) {
        let news = self.feed.news();
        if !(self.wanted)(&self.state) {
            self.state.take(turned, &news);
        }
    }

    fn asked(&mut self) -> Vec<Input> {
        if (self.wanted)(&self.state) { vec![Input::Leave] } else { Vec::new() }
    }
}

/// State of a run on the built-in world or a world file, when it is as wanted.
fn run_until(file: Option<&str>, wanted: impl Fn(&State) -> bool) -> State {
    let worlds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../replank-formats/worlds");
    let spec = match file {
        Some(file) => worldfile::read(file, &std::fs::read(worlds.join(file)).unwrap()).unwrap(),
        None => worldfile::default_world().unwrap(),
    };
    let definition = Definition {
        spec,
        world_file: file.map(Into::into),
        manifests: Vec::new(),
        replaces_workloads: false,
    };
    let session = Session::new(definition).unwrap();
    let mut journal = Journal::in_memory().unwrap();
    let world = session.world.clone();
    let specs = session.specs(|number| session.update_id(number));
    let names: Vec<UpdateId> = specs.iter().map(|spec| spec.update.clone()).collect();
    let update = |spec: replank_core::node_group::spec::Spec| {
        let (cluster, cloud) = (
            SimulatedCluster::new(world.clone(), spec.group.as_str()),
            SimulatedCloud::new(world.clone(), spec.group.as_str()),
        );
        Update::new(journal.start(spec, session.now()).unwrap(), cluster, cloud)
    };
    let mut updates: Vec<_> = specs.into_iter().map(update).collect();
    let state = State::new(names.into_iter(), session.now(), Speed::Times(60.0));
    let mut face = Until { state, feed: Feed::new(world.clone()), wanted };
    let clock = WorldClock::new(world, Span::millis(100));
    block_on(run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face)).unwrap();
    face.state
}

fn screen(state: &State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, state)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(width));
    let row = |cells: &[ratatui::buffer::Cell]| {
        let text: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.trim_end().to_owned() + "\n"
    };
    rows.map(row).collect()
}

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/live/screens").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{name} differs; UPDATE_SNAPSHOTS=1 writes it anew\n{text}");
}

#[test]
fn screens() {
    let drains = |state: &State| {
        state.shown.first().and_then(|shown| shown.report.as_ref()).is_some_and(|report| {
            report.phase == Phase::Upgrade
                && report.counts.replaced == 1
                && report.nodes.iter().any(|node| node.pods_left > 0)
        })
    };
    let ended = |state: &State| {
        state.shown.iter().all(|shown| shown.report.as_ref().is_some_and(|report| report.end.is_some()))
    };
    let states = [
        ("drain", run_until(None, drains)),
        ("end", run_until(None, ended)),
        ("groups", run_until(Some("two-groups.yaml"), drains)),
        ("empty", state(1)),
    ];
    for (name, state) in states {
        for (width, height) in [(80, 24), (120, 40)] {
            compare(&format!("{name}-{width}x{height}.txt"), &screen(&state, width, height));
        }
    }
    // A terminal can be made smaller than any picture.
    let _no_panic = screen(&run_until(None, drains), 10, 3);
}
