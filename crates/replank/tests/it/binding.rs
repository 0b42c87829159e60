//! `replank up` where others reach it: refused without everything that keeps strangers out, encrypted with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use replank_kubeapi::Authority;
use secrecy::ExposeSecret;

use crate::tool::{Scratch, command, ended, spawned};

const KEYS: &str = "[default]\naws_access_key_id = AKIAOFAUSERSOWNMAKE\n\
                    aws_secret_access_key = a-secret-of-forty-letters-or-thereabouts\n";

/// A scratch directory with a certificate for 127.0.0.1, its key, and keys to sign with.
fn prepared(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    let made = Authority::new(&["127.0.0.1".to_owned()]).expect("certificates");
    for (file, text) in [
        ("ca.pem", made.ca.as_str()),
        ("cert.pem", &made.server),
        ("key.pem", made.server_key.expose_secret()),
        ("other.pem", made.admin_key.expose_secret()),
        ("keys", KEYS),
        ("open", KEYS),
        ("short", "[default]\naws_access_key_id = AKIAOFAUSERSOWNMAKE\naws_secret_access_key = x\n"),
        ("empty", "[default]\n"),
    ] {
        let path = scratch.path().join(file);
        fs::write(&path, text).expect("a file");
        let mode = if file == "open" { 0o644 } else { 0o600 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    scratch
}

#[test]
fn what_others_can_reach_needs_tls_and_keys_of_ones_own() {
    let scratch = prepared("bind-refused");
    let tls = "--tls-cert cert.pem --tls-key key.pem";
    for (flags, said) in [
        ("--bind 0.0.0.0", "others can reach that, so it needs --tls-cert and --tls-key"),
        ("--bind 0.0.0.0", "and --credentials, since"),
        ("--bind 0.0.0.0 --host x", "needs --tls-cert"),
        (&*format!("--bind 0.0.0.0 --host x {tls}"), "it needs --credentials"),
        (&*format!("--bind 0.0.0.0 --credentials keys {tls}"), "it needs --host"),
        ("--bind 192.0.2.1 --credentials keys", "it needs --tls-cert and --tls-key"),
        (&*format!("--bind 192.0.2.1 --credentials keys {tls}"), "--bind 192.0.2.1: "),
        ("--tls-cert cert.pem", "--tls-cert needs --tls-key"),
        ("--tls-key key.pem", "--tls-key needs --tls-cert"),
        ("--tls-cert none.pem --tls-key key.pem", "--tls-cert none.pem: No such file"),
        ("--tls-cert empty --tls-key key.pem", "--tls-cert empty: there is no certificate in it"),
        ("--tls-cert cert.pem --tls-key empty", "--tls-key empty: the key is no PEM"),
        ("--tls-cert cert.pem --tls-key other.pem", "cannot be used together"),
        ("--credentials open", "others on this machine can read it; chmod 600"),
        ("--credentials short", "aws_secret_access_key has 32 letters at least"),
        ("--credentials empty", "there is no aws_access_key_id in it"),
        ("--bind nowhere", "invalid value 'nowhere' for '--bind"),
        ("--speed max", "--speed max: a served world needs a pace; give real, or a factor such as 60x"),
    ] {
        let mut started = command(&format!("up {flags}"));
        let ran = ended(started.current_dir(scratch.path()).env("XDG_STATE_HOME", scratch.path()).output());
        assert_eq!(ran.code, Some(2), "{flags}: {}", ran.err);
        assert!(ran.err.contains(said), "{flags}: {} does not say {said}", ran.err);
    }
}

/// All addresses, TLS on both listeners, keys of the user's own: `aws` and `kubectl` get in with them, and only so.
#[test]
fn others_get_in_by_tls_with_the_users_keys() {
    let scratch = prepared("bind-open");
    let flags = "up --data data --bind 0.0.0.0 --host 127.0.0.1 --tls-cert cert.pem --tls-key key.pem --credentials \
                 keys --port 0 --kubernetes-port 0";
    let mut started = command(flags);
    let mut child = spawned(started.current_dir(scratch.path()).env("XDG_STATE_HOME", scratch.path()));
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("Ctrl-C ends it."))), "it does not come up");
    let told = ended(command("env --data data").current_dir(scratch.path()).output());
    let value = |name: &str| {
        let found = told.out.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        found.expect("a variable").to_owned()
    };
    assert!(value("AWS_ENDPOINT_URL").starts_with("https://127.0.0.1:"), "{}", told.out);
    assert_eq!(value("AWS_ACCESS_KEY_ID"), "AKIAOFAUSERSOWNMAKE");
    let client = |program: &str, arguments: &[&str], secret: &str| {
        let mut client = Command::new(program);
        client.args(arguments).env("AWS_PAGER", "").current_dir(scratch.path());
        for line in told.out.lines() {
            let pair = line.strip_prefix("export ").and_then(|line| line.split_once('='));
            let (name, value) = pair.expect("an export");
            client.env(name, value);
        }
        ended(client.env("AWS_SECRET_ACCESS_KEY", secret).output())
    };
    let (aws, secret) = (["eks", "list-clusters", "--output", "text"], value("AWS_SECRET_ACCESS_KEY"));
    let with_ca = |bundle| [&aws[..], &["--ca-bundle", bundle]].concat();
    let ran = client("aws", &with_ca("ca.pem"), &secret);
    assert!(ran.out.contains("eks-workshop"), "{}{}", ran.out, ran.err);
    let ran = client("aws", &with_ca("ca.pem"), "another-secret");
    assert!(ran.err.contains("InvalidSignatureException"), "{}", ran.err);
    let ran = client("aws", &aws, &secret);
    assert!(ran.err.contains("SSL validation failed") || ran.err.contains("CERTIFICATE"), "{}", ran.err);
    let nodes = client("kubectl", &["get", "nodes", "-o", "name"], &secret);
    assert_eq!(nodes.out.lines().count(), 3, "{}{}", nodes.out, nodes.err);
    assert!(Command::new("kill").arg(child.id().to_string()).status().expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
