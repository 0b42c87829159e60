//! The keys, what joins and stays, and a screen.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyEvent;
use serde_json::json;

use super::*;

fn update(id: &str, group: &str, is_running: bool) -> UpdateAnswer {
    let time = "2026-11-30T09:00:00Z";
    let end = if is_running {
        json!(null)
    } else {
        json!({"at": time, "outcome": "succeeded", "unrestored": null, "kept": null})
    };
    serde_json::from_value(json!({
        "update": id, "cluster": "shop", "nodegroup": group,
        "type": "VersionUpdate", "status": if is_running { "InProgress" } else { "Successful" },
        "createdAt": time, "params": [], "errors": [],
        "report": {
            "format": 1, "at": "2026-11-30T09:01:30Z", "update": id, "cluster": "shop", "group": group,
            "release": "1.34.2-20261105", "version": "1.34", "startedAt": time, "phase": "upgrade",
            "phaseSince": time, "sizes": {"min": 1, "desired": 4, "max": 5}, "original": null, "batch": 1,
            "increment": 1, "nodes": [], "failure": null, "end": end, "force": false, "wakeAt": null,
            "counts": {"old": 2, "inWork": 1, "ready": 1, "closed": 0, "joining": 1, "leaving": 0, "replaced": 1,
                "removed": 0},
            "waits": [{"text": "pod shop/cart-0 is held", "advice": "Wait for it.", "node": null,
                "on": {"tides": {}}, "since": null, "again": null, "until": null}],
            "problems": [], "wishes": {"paused": "finished", "cancelled": null, "restoreTarget": true,
                "forced": false},
        },
    }))
    .unwrap()
}

#[test]
fn keys() {
    let pressed = |code, modifiers| key(&Event::Key(KeyEvent::new(code, modifiers)));
    let (none, ctrl) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
    for (code, modifiers, asked) in [
        (KeyCode::Char('q'), none, Key::Leave),
        (KeyCode::Esc, none, Key::Leave),
        (KeyCode::Char('c'), ctrl, Key::Leave),
        (KeyCode::Char('c'), none, Key::AskFirst("cancel")),
        (KeyCode::Char('f'), none, Key::AskFirst("force")),
        (KeyCode::PageUp, none, Key::Scroll(10)),
        (KeyCode::Char('?'), none, Key::Explain),
        (KeyCode::Tab, none, Key::Next),
        (KeyCode::Char('p'), none, Key::Ask("pause")),
        (KeyCode::Char('r'), none, Key::Ask("resume")),
        (KeyCode::Char('x'), none, Key::Nothing),
    ] {
        assert_eq!(pressed(code, modifiers), asked, "{code:?}");
    }
}

/// What cannot be taken back is asked for after a yes alone.
#[test]
fn force_and_cancel_are_asked_first_and_events_scroll() {
    let press = |code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
    let mut state = State { updates: vec![update("a", "web", true)], ..State::default() };
    for number in 0..30 {
        state.lines.push_front(format!("line {number}"));
    }
    let screen = |state: &State| {
        let mut terminal = Terminal::new(TestBackend::new(120, 24)).unwrap();
        terminal.draw(|frame| view::draw(frame, state)).unwrap();
        terminal.backend().to_string()
    };
    assert_eq!(state.pressed(&press(KeyCode::Char('f'))), Key::AskFirst("force"));
    assert!(screen(&state).contains("force? pods that do not leave in time will be deleted"));
    assert_eq!(state.pressed(&press(KeyCode::Char('n'))), Key::Nothing);
    state.pressed(&press(KeyCode::Char('c')));
    assert_eq!(state.pressed(&press(KeyCode::Char('y'))), Key::Ask("cancel"));
    assert!(screen(&state).contains("older)"), "{}", screen(&state));
    state.pressed(&press(KeyCode::PageUp));
    let scrolled = screen(&state);
    assert!(scrolled.contains("(10 newer, ") && !scrolled.contains("line 29"), "{scrolled}");
    state.pressed(&press(KeyCode::PageDown));
    state.pressed(&press(KeyCode::Char('?')));
    assert!(screen(&state).contains("leave; the updates go on"));
}

#[test]
fn others_join_while_they_run_and_none_leaves() {
    let mut state = State { updates: vec![update("a", "web", true)], ..State::default() };
    state.take(vec![update("old", "web", false), update("a", "web", false), update("b", "jobs", true)]);
    let shown: Vec<_> = state.updates.iter().map(|one| (&*one.update, one.is_running())).collect();
    assert_eq!(shown, [("a", false), ("b", true)]);
    state.lines.push_front("of the first".to_owned());
    state.choose_next();
    assert_eq!((state.chosen, state.lines.len(), state.updates.len()), (1, 0, 2));
    state.choose_next();
    assert_eq!(state.chosen, 0);
}

#[test]
fn a_screen_tells_where_each_node_is_and_why_it_waits() {
    let node = |instance: &str, place: &str| {
        let node = format!("ip-{instance}.internal");
        serde_json::from_value(
            json!({"instance": instance, "node": node, "zone": "z-a", "place": place, "pods": 3}),
        )
        .unwrap()
    };
    let budget = json!({"budget": "shop/cart", "rule": "minAvailable: 2", "healthy": 2, "desired": 2, "expected": 3,
        "allowed": 0, "lowest": 1});
    let state = State {
        updates: vec![update("a", "web", true), update("b", "jobs", true)],
        nodes: vec![node("1", "old"), node("2", "draining")],
        budgets: vec![serde_json::from_value(budget).unwrap()],
        lines: VecDeque::from(["00:01:02 update   phase \"Upgrade\" begins".to_owned()]),
        ..State::default()
    };
    let mut terminal = Terminal::new(TestBackend::new(120, 24)).unwrap();
    terminal.draw(|frame| view::draw(frame, &state)).unwrap();
    let screen = terminal.backend().to_string();
    for words in [
        "> shop / web",
        "Upgrade, paused, 1/3 replaced",
        "to 1.34.2-20261105",
        "00:01:30 since the start",
        "ip-2",
        "draining",
        "2/3 (needs 2, lowest 1) shop/cart",
        "- pod shop/cart-0 is held",
        "Wait for it.",
        "phase \"Upgrade\" begins",
        "q leave (it goes on)",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(screen.find("ip-2") < screen.find("ip-1"), "what is in work stands first\n{screen}");
}
