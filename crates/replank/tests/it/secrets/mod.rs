//! No error, no report and no file shows a secret: not of a file that is broken, nor of one given to the wrong flag,
//! nor of a variable, nor what a server sends back.

mod planted;
mod readers;
mod spoilt;
mod strangers;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::tool::{Scratch, command, ended, run};
use planted::{FILES, MARK, NUMBER};

/// As many commands run beside each other.
const AT_ONCE: usize = 4;

/// One run, with what went wrong.
type Job<'a> = Box<dyn Fn() -> Result<(), String> + Send + Sync + 'a>;

/// What a flag needs beside it so that its file is looked at: command (or all), flag, further arguments.
const NEEDS: &[(&str, &str, &str)] = &[
    ("", "--ca-file", "--endpoint-url https://127.0.0.1:9"),
    ("check", "--filename", "--target 1.25"),
    ("check", "--write-baseline", "--reason r --target 1.25 --filename objects.json"),
    ("operator", "--kubeconfig", "--cloud kwok"),
    ("operator", "--world", "--cloud kwok --context c"),
    ("operator", "--data", "--cloud kwok --context c"),
    ("operator", "--notify-secret", "--cloud kwok --notify-url https://127.0.0.1:9/"),
    ("operator", "--tls-cert", "--cloud kwok --dashboard 127.0.0.1:0 --tls-key key.pem"),
    ("operator", "--tls-key", "--cloud kwok --dashboard 127.0.0.1:0 --tls-cert cert.pem"),
    ("snapshot", "--kubeconfig", "--out out"),
    ("snapshot", "--from", "--out out"),
    ("snapshot", "--out", "--from objects.json"),
    // Refused for what it lacks, once its keys were read: with good ones it would go on for ever.
    ("up", "--credentials", "--bind 0.0.0.0"),
    ("up", "--kubeconfig", "--cloud kwok"),
    ("up", "--tls-cert", "--tls-key key.pem"),
    ("up", "--tls-key", "--tls-cert cert.pem"),
    ("upgrade cluster", "--world", "--cloud kwok --context c"),
    ("upgrade nodegroup", "--kubeconfig", "--cloud kwok"),
    ("upgrade nodegroup", "--world", "--cloud kwok --context c"),
    ("upgrade nodegroup", "--data", "--cloud kwok --context c"),
    ("world", "--ca-file", "pause"),
];

/// What a command needs in any case.
const NAMED: &[(&str, &str)] = &[
    ("drain", "n"),
    ("upgrade cluster", "c"),
    ("upgrade nodegroup", "g"),
    ("get", "nodes"),
    ("utils update-aws-node", "c"),
    ("utils update-coredns", "c"),
    ("utils update-kube-proxy", "c"),
    ("world advance", "1m"),
    ("world do", "node-dies node=n"),
    ("world speed", "1x"),
];

/// Every command that can be given, with the flags of it that name files.
fn commands() -> Vec<(String, Vec<Option<String>>)> {
    let page = run("reference files");
    let flag = |file: &Value| file["flag"].as_str().map(str::to_owned);
    let one = |line: Value| {
        let files = line["files"].as_array().expect("a list").iter().map(flag).collect();
        (line["command"].as_str().expect("a name").to_owned(), files)
    };
    page.json().into_iter().map(one).collect()
}

/// Says where a secret stands, if one does.
fn leak(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().find(|line| [MARK, NUMBER, "Signature="].iter().any(|it| line.contains(it)))?;
    Some(line.to_owned())
}

/// A command in an environment of its own.
fn alone(arguments: &str, scratch: &Scratch) -> Command {
    let mut command = command(arguments);
    for name in ["REPLANK_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "KUBECONFIG"] {
        command.env_remove(name);
    }
    let secret = format!("{MARK}InAVariable");
    let variables = [
        ("AWS_ACCESS_KEY_ID", &*secret),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_SESSION_TOKEN", &secret),
        ("AWS_REGION", "us-west-2"),
    ];
    let state = scratch.path().join("state");
    command.current_dir(scratch.path()).envs(variables).env("XDG_STATE_HOME", &state).env("HOME", state);
    command
}

/// Runs a command. It ends by itself, since what it was given is wrong, and shows no secret.
fn quiet(mut command: Command, codes: &[i32]) -> Result<(), String> {
    let ran = ended(command.output());
    let arguments: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
    let said = format!("{} ended with {:?}:\n{}{}", arguments.join(" "), ran.code, ran.out, ran.err);
    if leak(format!("{}{}", ran.out, ran.err).as_bytes()).is_some() {
        return Err(format!("a secret is shown: {said}"));
    }
    let asks = ["required arguments were not provided", "unexpected argument"];
    let is_asked = asks.iter().any(|words| ran.err.contains(words));
    match ran.code {
        Some(code) if codes.contains(&code) && !is_asked => Ok(()),
        _ => Err(format!("not as expected (see NEEDS and NAMED): {said}")),
    }
}

/// Runs them all, a few at a time, and fails with what went wrong.
fn all(jobs: &[Job<'_>]) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(job().err());
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("it ends")).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), jobs.len(), wrong.join("\n"));
}

/// No file below a directory shows a secret.
fn nothing_kept(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            nothing_kept(&path);
        } else {
            assert_eq!(leak(&fs::read(&path).expect("a file")), None, "{}", path.display());
        }
    }
}

/// A file of its own for a run, which is gone afterwards unless the command wrote to it.
fn with_copy(bytes: &[u8], path: &Path, run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    fs::write(path, bytes).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
    let ran = run();
    if fs::read(path).is_ok_and(|left| left == bytes) {
        fs::remove_file(path).expect("it is there");
    }
    ran
}

/// Every flag of every command that names a file is given one of each kind: none of them is what it takes.
#[test]
fn no_flag_repeats_a_file() {
    let scratch = Scratch::new("secrets-flags");
    let made = replank_kubeapi::Authority::new(&["127.0.0.1".to_owned()]).expect("certificates");
    scratch.write("key.pem", secrecy::ExposeSecret::expose_secret(&made.server_key));
    scratch.write("cert.pem", &made.server);
    let objects = "{\"kind\": \"Node\", \"apiVersion\": \"v1\"}{\"kind\": \"Pod\", \"apiVersion\": \"v1\"}";
    scratch.write("objects.json", objects);
    let ways: Vec<_> = FILES.iter().map(|file| spoilt::all(&file.text())).collect();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for (command, files) in commands() {
        let named = NAMED.iter().find(|(of, _)| *of == command).map_or("", |(_, more)| more);
        for flag in files {
            let flag = flag.unwrap_or_default();
            let beside =
                NEEDS.iter().filter(|(of, with, _)| (of.is_empty() || *of == command) && *with == flag);
            let beside: Vec<&str> = beside.map(|(_, _, more)| *more).collect();
            let arguments = format!("{command} {named} {} {flag}", beside.join(" "));
            for (at, file) in FILES.iter().enumerate() {
                let hows = ["cut inside", "two lines", "a key", "as it is", "a text begins"];
                // A Secret as it is runs in a world: `replank up` would go on for ever.
                let whole = command != "up" && (at + jobs.len() / FILES.len()).is_multiple_of(2);
                let how = if whole { "as it is" } else { hows[at % hows.len()] };
                let spoilt = ways[at].iter().find(|it| it.how == how).expect("a way");
                let path = scratch.path().join(format!("runs/{}/{}", jobs.len(), file.name));
                let (arguments, scratch) = (format!("{arguments} {}", path.display()), &scratch);
                jobs.push(Box::new(move || {
                    with_copy(&spoilt.bytes, &path, || quiet(alone(&arguments, scratch), &[0, 1, 2, 4, 5]))
                }));
            }
        }
    }
    assert!(jobs.len() > 200, "{} runs", jobs.len());
    all(&jobs);
    drop(jobs);
    nothing_kept(scratch.path());
}

/// Every command, with each variable that is looked at holding a secret.
#[test]
fn no_command_repeats_a_variable() {
    let scratch = Scratch::new("secrets-variables");
    let variables = [
        "REPLANK_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "KUBECONFIG",
        "HTTPS_PROXY",
        "REPLANK_DIE_AT",
        "AWS_REGION",
    ];
    let values = [
        "{}",
        "https://u:{}@127.0.0.1:9/{}?{}",
        "http://127.0.0.1:9/{}",
        "{}\n",
        "apiVersion: v1\nusers: [{}]",
    ];
    let mut jobs: Vec<Job<'_>> = Vec::new();
    // These do what they do whatever the variables say, and `up` goes on doing it.
    let untouched = ["up", "demo", "completions", "reference", "plan", "schema"];
    for (name, _) in commands().into_iter().filter(|(name, _)| !untouched.contains(&&**name)) {
        let more = NAMED.iter().find(|(of, _)| *of == name).map_or("", |(_, more)| more);
        for variable in variables {
            for value in values {
                let output = if name == "snapshot" { "--out out" } else { "" };
                let arguments = format!("{name} {more} {output}");
                let value = value.replace("{}", &format!("{MARK}Variable"));
                let scratch = &scratch;
                jobs.push(Box::new(move || {
                    let mut command = alone(&arguments, scratch);
                    if ["AWS_CA_BUNDLE", "SSL_CERT_FILE"].contains(&variable) {
                        // Certificates are looked at only where they are needed.
                        command.env("REPLANK_ENDPOINT", "https://127.0.0.1:9");
                    }
                    command.env(variable, &value);
                    quiet(command, &[0, 2, 5])
                }));
            }
        }
    }
    all(&jobs);
    drop(jobs);
    nothing_kept(scratch.path());
}
