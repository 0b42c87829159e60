//! Help teaches by example.

use crate::tool::run;

#[test]
fn every_command_shows_examples_that_parse() {
    let commands = [
        ("demo", 3),
        ("plan", 3),
        ("snapshot", 3),
        ("rehearse", 3),
        ("up", 3),
        ("upgrade nodegroup", 4),
        ("get", 4),
        ("why", 3),
        ("follow", 3),
        ("pause", 2),
        ("resume", 2),
        ("cancel", 2),
        ("history", 3),
        ("world", 6),
    ];
    for (command, least) in commands {
        let ran = run(&format!("{command} --help"));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        let examples: Vec<&str> =
            ran.out.lines().filter_map(|line| line.strip_prefix("  replank ")).collect();
        assert!(examples.len() >= least, "{}", ran.out);
        for example in examples {
            // With --help at its end the example is read, and nothing is run.
            let ran = run(&format!("{} --help", example.split("  #").next().unwrap_or_default()));
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{example}");
        }
    }
}

#[test]
fn the_page_of_commands_is_the_help() {
    let page = run("reference commands").out;
    for flag in
        ["--max-unavailable <N|N%>", "--world <FILE>", "--seed <N>", "--data <DIR>", "--speed <SPEED>"]
    {
        assert!(page.contains(flag), "{flag}");
    }
}
