//! Data goes to standard output, everything else to standard error. A closed pipe is no error.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::ColorChoice;

/// What `--color` says; chosen once, at the start.
static CHOSEN: OnceLock<ColorChoice> = OnceLock::new();

/// Colours of output, in the words of what they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Waits, or a person should look.
    Attention,
    /// Went wrong.
    Bad,
}

impl Tone {
    /// Escape sequence (ECMA-48, SGR).
    fn code(self) -> &'static str {
        match self {
            Self::Attention => "\u{1b}[33m",
            Self::Bad => "\u{1b}[31m",
        }
    }
}

/// Sets whether output is coloured.
pub(crate) fn choose(color: ColorChoice) {
    // Only the first one counts, and there is no other.
    let _first = CHOSEN.set(color);
}

/// Whether output is coloured that goes to a terminal or not. `NO_COLOR` with any value says no (no-color.org).
fn is_coloured(is_terminal: bool) -> bool {
    match CHOSEN.get().copied().unwrap_or(ColorChoice::Never) {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// A word of standard error that tells of a mistake.
pub(crate) fn red(text: &str) -> String {
    if is_coloured(io::stderr().is_terminal()) { toned(text, Tone::Bad) } else { text.to_owned() }
}

fn toned(text: &str, tone: Tone) -> String {
    format!("{}{text}\u{1b}[0m", tone.code())
}

/// Buffered standard output.
#[derive(Debug)]
pub(crate) struct Printer {
    out: io::BufWriter<io::Stdout>,
    /// Whether standard output is a terminal.
    pub(crate) is_terminal: bool,
    is_coloured: bool,
    closed: bool,
}

impl Printer {
    /// Printer on standard output.
    pub(crate) fn stdout() -> Self {
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        let is_coloured = is_coloured(is_terminal);
        Self { out: io::BufWriter::new(out), is_terminal, is_coloured, closed: false }
    }

    /// A word as it is printed: in a colour, where there are any.
    pub(crate) fn word(&self, text: &str, tone: Option<Tone>) -> String {
        match tone.filter(|_| self.is_coloured) {
            Some(tone) => toned(text, tone),
            None => text.to_owned(),
        }
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, text: &str) {
        self.write(text);
        self.write("\n");
    }

    /// Prints text without a line break.
    pub(crate) fn write(&mut self, text: &str) {
        if !self.closed {
            self.closed = self.out.write_all(text.as_bytes()).is_err();
        }
    }

    /// Prints a title and at most `most` rows; the others are counted. Prints nothing without rows.
    pub(crate) fn list(&mut self, title: &str, rows: Vec<String>, most: usize) {
        if rows.is_empty() {
            return;
        }
        self.line(&format!("{title}:"));
        let more = rows.len().saturating_sub(most);
        for row in rows.into_iter().take(most) {
            self.line(&format!("  {row}"));
        }
        if more > 0 {
            self.line(&format!("  and {more} more"));
        }
    }

    /// Flushes the buffer.
    pub(crate) fn flush(&mut self) {
        if !self.closed {
            self.closed = self.out.flush().is_err();
        }
    }

    /// Whether the reader has closed the pipe.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Prints a line on standard error.
    pub(crate) fn complain(text: &str) {
        let _nobody_listens = writeln!(io::stderr(), "{text}");
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.flush();
    }
}
