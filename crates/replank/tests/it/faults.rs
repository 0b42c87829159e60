//! The server is killed again and again while clients wait and watch, and is asked to end while it answers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::served::{PATIENCE, Up};
use crate::tool::Scratch;
use crate::wire;

/// Waits until a file says what it should; what it says then.
fn until_written(file: &Path, what: &str, is_so: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if is_so(&text) {
            return text;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}: {text}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// `aws eks wait` and `kubectl get --watch`, begun before the first kill, see the update through. As by a real API
/// server that goes away, a watch of `kubectl` ends; whoever watches begins again.
#[test]
fn kills_while_clients_wait_and_watch() {
    let scratch = Scratch::new("fault-kills");
    let mut up = Up::start(scratch.path(), "--speed 30x --port 0 --kubernetes-port 0");
    let old = up.until_nodes(3);
    let which =
        ["--cluster-name", up.told("EKS_CLUSTER_NAME"), "--nodegroup-name", up.told("EKS_DEFAULT_MNG_NAME")];
    let which: Vec<String> = which.map(str::to_owned).into();
    let file = scratch.path().join("watch.txt");
    let watch = "while :; do kubectl get nodes --watch --no-headers; sleep 0.1; done";
    let mut watch = up.program("sh", &["-c", watch]);
    let out = std::fs::File::create(&file).expect("a file");
    let mut watch = watch.stdout(out).stderr(Stdio::null()).spawn().expect("it starts");
    until_written(&file, "the watch begins", |text| old.iter().all(|name| text.contains(name.as_str())));
    let update =
        up.aws("eks update-nodegroup-version --cluster-name CLUSTER --nodegroup-name GROUP", "update.id");
    let mut wait = up.program("aws", &["eks", "wait", "nodegroup-active"]);
    let mut wait = wait.args(&which).stderr(Stdio::piped()).spawn().expect("it starts");
    for milliseconds in [900, 2300, 1700, 3100] {
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert_eq!(up.end("-KILL"), None);
        let length = std::fs::metadata(&file).expect("a watch").len();
        up = Up::start(scratch.path(), "--speed 30x");
        until_written(&file, "the watch begins again", |text| text.len() as u64 > length);
    }
    let code = wait.wait().expect("it ends").code();
    let mut said = String::new();
    wait.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(code, Some(0), "{said}");
    let describe = format!("eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id {update}");
    assert_eq!(up.aws(&describe, "update.status"), "Successful");
    let new = up.until_nodes(3);
    assert!(new.is_disjoint(&old), "{old:?} {new:?}");
    let watched = until_written(&file, "the new nodes are seen", |text| {
        old.union(&new).all(|name| text.contains(name.as_str()))
    });
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
    assert!(watched.contains("SchedulingDisabled") && !watched.contains("<invalid>"), "{watched}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A request that is under way when the server is asked to end is answered; a new one finds nobody.
#[test]
fn asked_to_end_it_answers_what_is_under_way() {
    let scratch = Scratch::new("fault-term");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let arn = up.aws(
        "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP",
        "nodegroup.nodegroupArn",
    );
    let path = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    let request = wire::signed(&up, "POST", &path, r#"{"tags":{"late":"yes"}}"#);
    let (first, second) = request.split_at(request.len() - 5);
    let address = wire::address(&up);
    let mut stream = TcpStream::connect(&address).expect("it listens");
    // What is answered once is a connection that the server has; a nobody is answered at once.
    stream.write_all(b"GET /clusters HTTP/1.1\r\nhost: x\r\n\r\n").expect("it reads");
    let mut refusal = [0; 12];
    stream.read_exact(&mut refusal).expect("an answer");
    assert_eq!(&refusal, b"HTTP/1.1 403");
    stream.write_all(first).expect("it reads");
    std::thread::sleep(Duration::from_millis(300));
    let ends = std::thread::spawn(move || up.end("-TERM"));
    let begun = Instant::now();
    while TcpStream::connect(&address).is_ok() {
        assert!(begun.elapsed() < PATIENCE, "it still listens");
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.write_all(second).expect("it still reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("HTTP/1.1 200"), "{answer}");
    assert_eq!(ends.join().expect("no panic"), Some(0));
    let up = Up::start(scratch.path(), "");
    let tags = format!("eks list-tags-for-resource --resource-arn {arn}");
    assert_eq!(up.aws(&tags, "tags.late"), "yes", "what was answered is kept");
}
