//! Help teaches by example.

use crate::tool::{Scratch, command, ended, run};

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
fn the_acts_of_a_world_are_listed_where_they_are_given() {
    let ran = run("world do --help");
    for words in ["zone-capacity zone= instances=", "node-dies node=", "kubelet-silent node= for="] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}

#[test]
fn there_is_a_version_a_manual_and_a_completion() {
    let version = run("version -o json").out;
    assert!(
        version.contains(env!("CARGO_PKG_VERSION")) && run("version").out.starts_with("replank "),
        "{version}"
    );
    let page = run("man").out;
    assert!(page.starts_with(".ie") && page.contains(".SH SUBCOMMANDS"), "{page}");
    let scratch = Scratch::new("man");
    assert_eq!(run(&format!("man --out {}", scratch.path().display())).code, Some(0));
    assert!(scratch.path().join("replank-upgrade-nodegroup.1").exists());
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&format!("completions {shell}")).out.contains("COMPLETE"), "{shell}");
    }
}

/// Names that a kubeconfig has are offered, in the words that a shell asks with.
#[test]
fn contexts_are_completed() {
    let scratch = Scratch::new("complete");
    let text = "{apiVersion: v1, kind: Config, contexts: [{name: prod, context: {cluster: a, user: b}}, {name: lab, \
                context: {cluster: a, user: b}}]}";
    scratch.write("config", text);
    let mut asked = command("-- replank check --context p");
    asked.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
    let ran = ended(asked.env("KUBECONFIG", scratch.path().join("config")).output());
    assert_eq!((ran.code, ran.out.trim()), (Some(0), "prod"), "{}", ran.err);
}

/// `--color` decides; by itself nothing is coloured that no terminal shows.
#[test]
fn colours_come_when_they_are_asked_for() {
    let escape = '\u{1b}';
    let demo = |flags: &str| run(&format!("demo --plain {flags}")).out;
    assert!(!demo("").contains(escape) && !demo("--color never").contains(escape));
    assert!(demo("--color always").contains(escape));
    let ran = run("up --speed never --color always");
    assert!(ran.err.starts_with(escape), "{}", ran.err);
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
