//! Whatever answers in the place of a server may send back what it was sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::{MARK, alone, quiet};
use crate::tool::Scratch;

/// A server that sends back the head of each request it gets: in a text, in a message of AWS, in a Kubernetes status.
fn parrot(status: &'static str, body: fn(&str) -> String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 8192];
            let read = stream.read(&mut head).unwrap_or(0);
            let body = body(&String::from_utf8_lossy(&head[..read]));
            let length = body.len();
            let _gone = write!(
                stream,
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
        }
    });
    port
}

/// As AWS words it, with what it was asked to verify from the second line on.
fn of_aws(head: &str) -> String {
    let message =
        format!("The request signature we calculated does not match.\n\nThe Canonical String was\n{head}");
    serde_json::json!({"code": "InvalidSignatureException", "message": message}).to_string()
}

#[test]
fn what_a_server_sends_back_is_not_shown() {
    let scratch = Scratch::new("secrets-strangers");
    let answers: [(&'static str, fn(&str) -> String); 6] = [
        ("200 OK", |head| head.to_owned()),
        ("403 Forbidden", of_aws),
        ("401 Unauthorized", |head| head.to_owned()),
        ("500 Internal Server Error", |head| format!("<html>{head}</html>")),
        ("200 OK", |head| serde_json::json!({"gitVersion": {"head": head}}).to_string()),
        ("200 OK", |head| serde_json::json!({"nodes": head, "updates": head, "upgrades": head}).to_string()),
    ];
    for (status, body) in answers {
        let port = parrot(status, body);
        scratch.write(
            "kubeconfig",
            format!(
                "current-context: c\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n\
                 contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
                 users: [{{name: u, user: {{token: {MARK}Bearer}}}}]\n"
            ),
        );
        for arguments in [
            "snapshot --kubeconfig kubeconfig --output out",
            "rehearse --kubeconfig kubeconfig",
            "drain n --kubeconfig kubeconfig",
            &format!("get nodes --endpoint-url http://127.0.0.1:{port}"),
            &format!("why --endpoint-url http://127.0.0.1:{port}"),
        ] {
            quiet(alone(arguments, &scratch), &[0, 2, 5]).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}
