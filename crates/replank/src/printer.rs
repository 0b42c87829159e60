//! Data goes to standard output, everything else to standard error. A closed pipe is no error.

use std::io::{self, IsTerminal, Write};

/// Buffered standard output.
#[derive(Debug)]
pub(crate) struct Printer {
    out: io::BufWriter<io::Stdout>,
    /// Whether standard output is a terminal.
    pub(crate) is_terminal: bool,
    closed: bool,
}

impl Printer {
    /// Printer on standard output.
    pub(crate) fn stdout() -> Self {
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        Self { out: io::BufWriter::new(out), is_terminal, closed: false }
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
