//! Keys, and a screen as text.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyEvent;

use super::*;

fn screen() -> Screen {
    let at = |second| Timestamp::from_second(second).ok();
    Screen {
        nodes: [("n-1", (0, true)), ("n-2", (3, false)), ("n-3", (9, false))]
            .map(|(name, row)| (NodeName::new(name), row))
            .into(),
        budgets: [
            (ObjectName::new("shop", "cart"), [5, 6, 5, 0]),
            (ObjectName::new("shop", "web"), [4, 4, 2, 2]),
        ]
        .into(),
        waits: vec![("pod shop/cart-0 is held".to_owned(), Some("Wait for it.".to_owned()))],
        events: (0..30).map(|number| format!("event {number}")).collect(),
        begun: at(0),
        now: at(75),
        ..Screen::default()
    }
}

fn drawn(screen: &Screen) -> String {
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    terminal.draw(|frame| view::draw(frame, screen)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn a_screen_tells_what_is_left_and_why() {
    let shown = drawn(&screen());
    for words in [
        "00:01:15  1 of 3 nodes drained, 12 pods have to leave",
        "9 left    n-3",
        "drained   n-1",
        "5/6 (needs 5, lets 0 go) shop/cart",
        " why it waits (1) ",
        "- pod shop/cart-0 is held",
        "Wait for it.",
        "older) ",
        "q leave (nodes stay cordoned)",
    ] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    assert!(shown.find("n-3") < shown.find("n-2") && shown.find("n-2") < shown.find("n-1"), "{shown}");
    assert!(shown.find("shop/cart ") < shown.find("shop/web"), "{shown}");
}

#[test]
fn keys_scroll_explain_and_leave() {
    let mut screen = screen();
    let mut press = |code| {
        screen.pressed(&Event::Key(KeyEvent::from(code)));
        (screen.scrolled, screen.explains, screen.leaves)
    };
    let rows = [
        (KeyCode::Down, (0, false, false)),
        (KeyCode::Up, (1, false, false)),
        (KeyCode::PageUp, (11, false, false)),
        (KeyCode::Char('?'), (11, true, false)),
        (KeyCode::Char('x'), (11, true, false)),
        (KeyCode::Char('?'), (11, false, false)),
        (KeyCode::Char('q'), (11, false, true)),
    ];
    for (code, wanted) in rows {
        assert_eq!(press(code), wanted, "{code}");
    }
    assert!(drawn(&screen).contains("(11 newer, "));
}
