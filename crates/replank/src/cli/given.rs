//! What an argument may hold: no text and no path that is empty or blank. An unset variable of a shell is no wish, and
//! where a name or a selector narrows what is done, nothing in its place would mean everything.
//!
//! It is done to the whole command line at once, so that no flag can be forgotten. Numbers, addresses and words to
//! choose from refuse what is empty by themselves; texts with a form of their own have a type that does.

use std::any::TypeId;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{
    EnumValueParser, PathBufValueParser, PossibleValue, PossibleValuesParser, StringValueParser,
    TypedValueParser,
};
use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory, Error, ValueEnum};
use replank_formats::worldfile;

use super::Cli;
use super::remote::Format;

/// The command line as it is read.
pub(crate) fn command() -> Command {
    filled(Cli::command().mut_subcommand("get", lists))
        .mut_subcommand("world", |world| world.mut_subcommand("do", |act| act.after_long_help(acts())))
}

/// The acts of a world, as they are given on a command line.
fn acts() -> String {
    let mut text = "Acts, with the fields that each takes:".to_owned();
    for (name, fields, meaning) in worldfile::acts() {
        let fields: String = fields.iter().map(|field| format!(" {field}=")).collect();
        text.push_str(&format!("\n  {name}{fields}\n          {meaning}"));
    }
    text
}

/// Lists have more ways to be printed.
fn lists(get: Command) -> Command {
    get.mut_arg("output", |output| output.value_parser(ListFormat))
}

/// Reads how to print a list.
#[derive(Clone, Debug)]
struct ListFormat;

impl TypedValueParser for ListFormat {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, Error> {
        match value.to_str() {
            Some("wide") => Ok(Format::Wide),
            Some("name") => Ok(Format::Name),
            Some(_) | None => {
                // The error of words that are none names all of them.
                let words: Vec<PossibleValue> = self.possible_values().into_iter().flatten().collect();
                PossibleValuesParser::new(words).parse_ref(command, argument, value)?;
                EnumValueParser::<Format>::new().parse_ref(command, argument, value)
            }
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let usual = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let wide = PossibleValue::new("wide").help("For people, with more columns");
        let name = PossibleValue::new("name").help("Names alone, one a line");
        Some(Box::new(usual.chain([wide, name])))
    }
}

fn filled(command: Command) -> Command {
    command.mut_args(filled_argument).mut_subcommands(filled)
}

fn filled_argument(argument: Arg) -> Arg {
    let takes = argument.get_value_parser().type_id();
    if takes == TypeId::of::<String>() {
        argument.value_parser(Filled(StringValueParser::new()))
    } else if takes == TypeId::of::<PathBuf>() {
        argument.value_parser(Filled(PathBufValueParser::new()))
    } else {
        argument
    }
}

/// Reads what is not blank as `P` does.
#[derive(Clone, Debug)]
struct Filled<P>(P);

impl<P: TypedValueParser> TypedValueParser for Filled<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, Error> {
        match value.to_str() {
            Some(text) if text.trim().is_empty() => Err(blank(command, argument, text)),
            Some(_) | None => self.0.parse_ref(command, argument, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

fn blank(command: &Command, argument: Option<&Arg>, text: &str) -> Error {
    let named = argument.map(ToString::to_string).unwrap_or_default();
    let way_out = match argument {
        Some(argument) if argument.is_required_set() => "give one".to_owned(),
        Some(argument) if !argument.is_positional() => {
            let flag = named.split_whitespace().next().unwrap_or_default();
            format!("give one, or leave {flag} out")
        }
        Some(_) | None => "give one, or leave it out".to_owned(),
    };
    let what = if text.is_empty() { "empty" } else { "blank" };
    let said = format!("invalid value '{text}' for '{named}': it is {what} (an unset variable?); {way_out}");
    command.clone().error(ErrorKind::ValueValidation, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command with its words, those that only have others below them too.
    fn walk(command: &Command, path: &[&str], found: &mut impl FnMut(&[&str], &Arg)) {
        for argument in command.get_arguments() {
            found(path, argument);
        }
        for below in command.get_subcommands() {
            let path: Vec<&str> = path.iter().copied().chain([below.get_name()]).collect();
            walk(below, &path, found);
        }
    }

    #[test]
    fn no_argument_of_any_command_takes_what_is_empty_or_blank() {
        let mut whole = command();
        whole.build();
        let (mut looked_at, mut taken) = (0, Vec::new());
        walk(&whole, &["replank"], &mut |path, argument| {
            if !argument.get_action().takes_values() || path.contains(&"help") {
                return;
            }
            for value in ["", " ", "\t\n"] {
                looked_at += 1;
                let given = match (argument.get_long(), argument.get_short()) {
                    (Some(long), _) => vec![format!("--{long}={value}")],
                    (None, Some(short)) => vec![format!("-{short}"), value.to_owned()],
                    (None, None) => before(path, argument).chain([value.to_owned()]).collect(),
                };
                let words = path.iter().map(|word| (*word).to_owned()).chain(given);
                let said = match command().try_get_matches_from(words) {
                    Err(error) if error.exit_code() == 2 => error.to_string(),
                    other => return taken.push(format!("{path:?} {argument}: {:?}", other.err())),
                };
                let name = argument.to_string();
                let refuses_it = ["invalid value", "a value is required for"];
                if !(refuses_it.iter().any(|words| said.contains(words)) && said.contains(&name)) {
                    taken.push(format!("{path:?} {argument}: {said}"));
                }
            }
        });
        assert!(looked_at > 300, "only {looked_at} were looked at");
        assert!(taken.is_empty(), "{}", taken.join("\n"));
    }

    /// Something for the positions before an argument.
    fn before(path: &[&str], argument: &Arg) -> impl Iterator<Item = String> + use<> {
        let mut whole = command();
        whole.build();
        let at = path[1..].iter().fold(&whole, |at, word| at.find_subcommand(word).expect("a command"));
        let own = argument.get_index();
        let before = at.get_positionals().take_while(move |other| other.get_index() != own);
        let words: Vec<String> = before
            .map(|other| match other.get_possible_values().first() {
                Some(word) => word.get_name().to_owned(),
                None => "a".to_owned(),
            })
            .collect();
        words.into_iter()
    }

    #[test]
    fn what_is_empty_is_named_with_the_way_out() {
        let rows = [
            (
                vec!["drain", "-l", ""],
                "invalid value '' for '--selector <SELECTOR>': it is empty (an unset variable?), and would select every \
                 node; give one such as topology.kubernetes.io/zone=us-west-2a, or name the nodes",
            ),
            (
                vec!["drain", "node-1", " "],
                "invalid value ' ' for '[NODE]...': it is blank (an unset variable?); give one, or leave it out",
            ),
            (
                vec!["upgrade", "cluster", ""],
                "invalid value '' for '<NAME>': it is empty (an unset variable?); give one\n",
            ),
            (
                vec!["plan", "-f", "app", ""],
                "invalid value '' for '--filename <FILE_OR_DIR>...': it is empty (an unset variable?); give one, or \
                 leave --filename out",
            ),
        ];
        for (words, wanted) in rows {
            let error = command().try_get_matches_from(["replank"].iter().chain(&words)).unwrap_err();
            let said = error.to_string();
            assert!(said.starts_with(&format!("error: {wanted}")), "{said}");
        }
    }
}
