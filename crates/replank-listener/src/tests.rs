//! Real sockets: who gets in, who is let go, how it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::content::{self, Content};
use crate::limits::{Beyond, Limits};
use crate::read::{self, Unread};
use crate::{Answers, Peer, serve};

/// Long after anything here has happened.
const LONG: Duration = Duration::from_secs(20);
const LIMITS: Limits = Limits {
    connections: 2,
    beyond: Beyond::Closed,
    handshake: LONG,
    head: LONG,
    silence: LONG,
    streams: 10,
    farewell: Duration::from_millis(200),
};

/// `/stream` tells what comes through a channel; every other path how long its body was.
struct Behind(Mutex<Option<mpsc::Receiver<Bytes>>>);

impl Answers for Behind {
    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Response<Content> {
        assert!(!peer.is_certified);
        if request.uri().path() == "/stream" {
            let told = self.0.lock().await.take();
            return Response::new(told.map_or_else(|| content::whole("none"), content::channel));
        }
        Response::new(content::whole(match read::whole(request.into_body(), 10, LONG).await {
            Ok(body) => format!("{} bytes", body.len()),
            Err(Unread::TooLarge) => "too large".to_owned(),
            Err(Unread::Broken) => "broken".to_owned(),
            Err(Unread::Late) => "late".to_owned(),
        }))
    }
}

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<()>,
    tell: mpsc::Sender<Bytes>,
}

async fn served(limits: Limits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel(1);
    let (stop, behind) = (CancellationToken::new(), Arc::new(Behind(Mutex::new(Some(told)))));
    let ended = tokio::spawn(serve(listener, None, limits, behind, stop.clone()));
    Served { address, stop, ended, tell }
}

/// Asks and takes the answer up to these words; none when the connection ends before them.
async fn asked(stream: &mut TcpStream, request: &str, until: &str) -> Option<String> {
    stream.write_all(request.as_bytes()).await.ok()?;
    heard(stream, until).await
}

async fn heard(stream: &mut TcpStream, until: &str) -> Option<String> {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains(until) {
        let mut some = [0; 512];
        match timeout(LONG, stream.read(&mut some)).await.unwrap() {
            Ok(0) | Err(_) => return None,
            Ok(bytes) => text.extend_from_slice(&some[..bytes]),
        }
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

const STREAM: &str = "GET /stream HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn a_connection_is_asked_again_and_bodies_have_a_bound() {
    let served = served(LIMITS).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    assert!(asked(&mut stream, &post("1234"), "4 bytes").await.is_some());
    assert!(asked(&mut stream, &post("12345678901"), "too large").await.is_some());
}

#[tokio::test]
async fn one_connection_too_many_is_closed_or_waits() {
    for beyond in [Beyond::Closed, Beyond::Waits] {
        let served = served(Limits { beyond, ..LIMITS }).await;
        let mut inside = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            assert!(asked(&mut stream, &post("1"), "1 bytes").await.is_some());
            inside.push(stream);
        }
        let mut third = TcpStream::connect(served.address).await.unwrap();
        match beyond {
            Beyond::Closed => assert_eq!(asked(&mut third, &post("1"), "1 bytes").await, None),
            Beyond::Waits => {
                third.write_all(post("1").as_bytes()).await.unwrap();
                let early = timeout(Duration::from_millis(100), heard(&mut third, "1 bytes")).await;
                assert!(early.is_err(), "there is no room yet");
                inside.pop();
                assert!(heard(&mut third, "1 bytes").await.is_some());
            }
        }
    }
}

#[tokio::test]
async fn what_is_told_arrives_as_it_comes_and_a_client_that_leaves_is_noticed() {
    let served = served(LIMITS).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(STREAM.as_bytes()).await.unwrap();
    for word in ["one", "two"] {
        served.tell.send(Bytes::from_static(word.as_bytes())).await.unwrap();
        assert!(heard(&mut stream, word).await.is_some());
    }
    drop(stream);
    timeout(LONG, served.tell.closed()).await.unwrap();
}

#[tokio::test]
async fn an_end_waits_for_answers_so_long_and_is_heard_when_every_place_is_taken() {
    for beyond in [Beyond::Closed, Beyond::Waits] {
        let served = served(Limits { beyond, connections: 1, ..LIMITS }).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(STREAM.as_bytes()).await.unwrap();
        served.tell.send(Bytes::from_static(b"one")).await.unwrap();
        assert!(heard(&mut stream, "one").await.is_some());
        served.stop.cancel();
        // Under way, and told to its end within the farewell; then it is cut off.
        served.tell.send(Bytes::from_static(b"two")).await.unwrap();
        assert!(heard(&mut stream, "two").await.is_some());
        timeout(LONG, served.ended).await.unwrap().unwrap();
        assert_eq!(heard(&mut stream, "three").await, None);
        assert!(TcpStream::connect(served.address).await.is_err(), "{beyond:?}: nobody listens");
    }
}

#[tokio::test]
async fn whoever_says_nothing_or_half_a_word_is_let_go() {
    let served = served(Limits { head: Duration::from_millis(100), ..LIMITS }).await;
    for word in ["", "GET / HT"] {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(word.as_bytes()).await.unwrap();
        assert_eq!(heard(&mut stream, "HTTP/1.1 2").await, None, "{word}");
    }
    // Who asked once may be quiet for a while.
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    assert!(asked(&mut stream, &post("1"), "1 bytes").await.is_some());
    sleep(Duration::from_millis(20)).await;
    assert!(asked(&mut stream, &post("12"), "2 bytes").await.is_some());
}
