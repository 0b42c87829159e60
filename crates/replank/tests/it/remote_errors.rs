//! What goes wrong on the way to a server and there: each mistake with its way out and its exit code.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use crate::served::Up;
use crate::tool::{Ran, Scratch, command, ended};

/// A command in an environment that knows no server.
fn alone(arguments: &str, scratch: &Scratch) -> Command {
    let mut command = command(arguments);
    for name in [
        "REPLANK_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_CA_BUNDLE",
    ] {
        command.env_remove(name);
    }
    command.env("XDG_STATE_HOME", scratch.path());
    command
}

fn with_keys(command: &mut Command) -> Ran {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "us-west-2")];
    ended(command.envs(keys).output())
}

fn holds(ran: &Ran, code: i32, wanted: &[&str]) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{}", ran.err);
    for text in wanted {
        assert!(ran.err.contains(text), "{text:?}: {}", ran.err);
    }
}

#[test]
fn without_a_server() {
    let scratch = Scratch::new("remote-none");
    let nowhere = ended(alone("get nodes", &scratch).output());
    holds(&nowhere, 5, &["no server is named", "start one with `replank up`", "--endpoint-url"]);
    let keyless = ended(alone("why --endpoint-url http://127.0.0.1:9", &scratch).output());
    holds(&keyless, 5, &["no credentials for http://127.0.0.1:9", "AWS_ACCESS_KEY_ID", "replank env"]);
    let gone = with_keys(&mut alone("pause --endpoint-url http://127.0.0.1:9", &scratch));
    holds(&gone, 5, &["no server answers at http://127.0.0.1:9 (named by --endpoint-url): ", "replank up"]);
    let named = with_keys(alone("get updates", &scratch).env("REPLANK_ENDPOINT", "http://127.0.0.1:9"));
    holds(&named, 5, &["(named by REPLANK_ENDPOINT)"]);
    let wrong = with_keys(&mut alone("history --endpoint-url localhost:7300", &scratch));
    holds(&wrong, 2, &["--endpoint-url \"localhost:7300\": not a URL"]);
    // Flags are read before any server is asked.
    let rows = [
        ("upgrade nodegroup g --max-unavailable 0", "--max-unavailable 0: give a number of nodes"),
        ("upgrade nodegroup g --no-wait", "--approve"),
        ("upgrade nodegroup g --release-version a --launch-template-version 2", "cannot be used with"),
        ("world advance soon", "advance soon: not a length of time"),
        ("world speed max", "speed max: not a speed"),
        ("world do node-dies node", "it is no field; give a field and its value"),
        ("get pods", "invalid value 'pods'"),
    ];
    for (arguments, wanted) in rows {
        holds(&ended(alone(arguments, &scratch).output()), 2, &[wanted]);
    }
}

#[test]
fn a_stranger_at_the_port() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let foreign = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut seen = [0; 4096];
        let _head = stream.read(&mut seen);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnope").expect("written");
    });
    let scratch = Scratch::new("remote-other-server");
    let ran = with_keys(&mut alone(&format!("get nodes --endpoint-url http://127.0.0.1:{port}"), &scratch));
    holds(&ran, 5, &["is no replank server (HTTP 404)"]);
    foreign.join().expect("it answered");
}

#[test]
fn names_and_keys_that_do_not_fit() {
    let scratch = Scratch::new("remote-names");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let rows = [
        (
            "upgrade nodegroup nope",
            "node group nope: there is none of that name; there is default (of eks-workshop)",
        ),
        (
            "upgrade nodegroup default --cluster c",
            "--cluster c: there is none of that name; there is eks-workshop",
        ),
        ("get nodes --nodegroup nope", "there is default (of eks-workshop)"),
        ("why nope", "there is default (of eks-workshop)"),
        ("follow nope", "nope: there is no update and no node group of that name; there is default"),
        ("history", "there is no update yet"),
        ("pause default", "no update of node group default is under way"),
        (
            "upgrade nodegroup default --kubernetes-version 9.9",
            "unsupported Kubernetes version: 9.9; accepted is 1.32",
        ),
        (
            "upgrade nodegroup default --kubernetes-version 1.36 --approve",
            "cannot be greater than the version of its cluster: 1.36 > 1.32; accepted is 1.32",
        ),
        (
            "upgrade nodegroup default --release-version 1.2.3",
            "1.2.3 is not valid for kubernetes version 1.32. The releases of AL2023_x86_64_STANDARD are 1.32.0-",
        ),
        ("upgrade nodegroup default --launch-template-version 2 --approve", "launch template"),
        ("get images --type NOPE", "there is no image type NOPE; there are "),
        ("world do fly", "fly"),
        (
            "world do zone-capacity zone=mars instances=0",
            "zone mars: there is no such zone; there are us-west-2a",
        ),
        ("world do node-dies node=nope", "what it names is not there"),
        ("world do pause", "asked of an update"),
        ("world speed 1000000x", "at most 86400"),
    ];
    for (arguments, wanted) in rows {
        holds(&up.replank(arguments), 2, &[wanted]);
    }
    assert!(up.says("get updates -o yaml").starts_with("updates: []"), "nothing was begun");
    let wrong = ended(up.command("get nodes").env("AWS_SECRET_ACCESS_KEY", "wrong").output());
    holds(&wrong, 5, &["does not accept the credentials AKIA", "eval \"$(replank env)\""]);
    let region = ended(up.command("get nodes").env("AWS_REGION", "mars-1").output());
    holds(&region, 5, &["valid region, such as us-west-2"]);
    // Without any environment the last one is found, with its keys.
    let last = ended(alone("get nodegroups", &scratch).output());
    assert_eq!((last.code, last.err.as_str()), (Some(0), ""));
    assert_eq!(up.end("-TERM"), Some(0));
    let ended_already = ended(alone("get nodegroups", &scratch).output());
    holds(&ended_already, 5, &["no server is named"]);
}

#[test]
fn endpoints_with_tls_are_verified() {
    let scratch = Scratch::new("remote-tls");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let kept = std::fs::read_to_string(scratch.path().join("data/authority.json")).expect("certificates");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    scratch.write("ca.pem", kept["ca"].as_str().expect("a certificate"));
    let told = std::fs::read_to_string(scratch.path().join("data/up.json")).expect("what is told");
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    // The Kubernetes API speaks TLS and is no replank server, which is heard only once it is believed.
    let url = told["kubernetes"].as_str().expect("a URL");
    let ca = scratch.path().join("ca.pem");
    let get = format!("get nodes --endpoint-url {url}");
    let known = ended(up.command(&format!("{get} --ca-file {}", ca.display())).output());
    holds(&known, 5, &["is no replank server (HTTP 40"]);
    let known = ended(up.command(&get).env("AWS_CA_BUNDLE", &ca).output());
    holds(&known, 5, &["is no replank server (HTTP 40"]);
    scratch.write("none.pem", "nothing");
    let none = scratch.path().join("none.pem");
    let wrong = ended(up.command(&format!("{get} --ca-file {}", none.display())).output());
    holds(&wrong, 2, &["no certificate stands in it", "--ca-file"]);
    // An authority of somebody else's does not vouch for it.
    let other = Scratch::new("remote-tls-other");
    let foreign = Up::start(other.path(), "--port 0 --kubernetes-port 0");
    let kept = std::fs::read_to_string(other.path().join("data/authority.json")).expect("certificates");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    other.write("ca.pem", kept["ca"].as_str().expect("a certificate"));
    let ca = other.path().join("ca.pem");
    let unknown = ended(up.command(&format!("{get} --ca-file {}", ca.display())).output());
    holds(&unknown, 5, &["no server answers at https://", "invalid peer certificate", "vouches for it"]);
    // What is said in plain is no TLS, and a host that is not in the certificate is another one.
    let plain = up.told("AWS_ENDPOINT_URL").replace("http://", "https://");
    let ca = scratch.path().join("ca.pem");
    let known = |url: &str| {
        let arguments = format!("get nodes --endpoint-url {url} --ca-file {}", ca.display());
        ended(up.command(&arguments).output())
    };
    holds(&known(&plain), 5, &["it does not speak TLS; an http:// endpoint may be meant"]);
    let elsewhere = url.replace("127.0.0.1", "127.0.0.2");
    holds(&known(&elsewhere), 5, &["no server answers at https://127.0.0.2"]);
    assert_eq!(foreign.end("-TERM"), Some(0));
    assert_eq!(up.end("-TERM"), Some(0));
}

/// The control API without the command: what it refuses, what it does once, how its lines are numbered.
#[test]
fn other_programs_speak_to_it_too() {
    let scratch = Scratch::new("remote-control");
    let up = Up::start(scratch.path(), "--speed 600x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/control.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains(" lines"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}
