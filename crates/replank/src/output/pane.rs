//! Panes of live views.

use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

/// Lines under a title, in a frame.
pub(crate) fn pane(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<Line<'_>>) {
    let block = Block::bordered().title(title.to_owned());
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
}

/// Number of lines that a page is scrolled by.
const PAGE: isize = 10;

/// How many lines up, towards older ones, a key scrolls; `None` for a key of another meaning.
pub(crate) fn scrolls(code: KeyCode) -> Option<isize> {
    match code {
        KeyCode::Up | KeyCode::Char('k') => Some(1),
        KeyCode::Down | KeyCode::Char('j') => Some(-1),
        KeyCode::PageUp => Some(PAGE),
        KeyCode::PageDown => Some(-PAGE),
        _ => None,
    }
}

/// How many of `all` lines are scrolled past after a key.
pub(crate) fn scrolled(before: usize, by: isize, all: usize) -> usize {
    before.saturating_add_signed(by).min(all.saturating_sub(1))
}

/// What each key does, over everything else.
pub(crate) fn keys(frame: &mut Frame<'_>, explained: &[&'static str]) {
    let whole = frame.area();
    let (width, height) = (whole.width.min(90), whole.height.min(explained.len() as u16 + 2));
    let area = Rect {
        x: whole.x + (whole.width - width) / 2,
        y: whole.y + (whole.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, area);
    pane(frame, area, " keys (? closes) ", explained.iter().map(|line| Line::from(*line)).collect());
}

/// What of `all` lines is hidden when `scrolled` of the latest are passed over and `rows` fit.
pub(crate) fn hidden(all: usize, scrolled: usize, rows: usize) -> String {
    match (scrolled, all.saturating_sub(scrolled + rows)) {
        (0, 0) => String::new(),
        (0, older) => format!("({older} older)"),
        (newer, older) => format!("({newer} newer, {older} older)"),
    }
}
