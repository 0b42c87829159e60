//! `replank version`: which replank this is.

use serde_json::json;

use crate::cli::remote::Version;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;

/// Prints the version.
pub(crate) fn run(flags: &Version, printer: &mut Printer) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    let value = json!({ "version": version, "os": std::env::consts::OS, "arch": std::env::consts::ARCH });
    output::print(printer, flags.output, &value, |printer| printer.line(&format!("replank {version}")));
    Exit::Done
}
