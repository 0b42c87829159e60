//! Panes of live views.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

/// Lines under a title, in a frame.
pub(crate) fn pane(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<Line<'_>>) {
    let block = Block::bordered().title(title.to_owned());
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
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
