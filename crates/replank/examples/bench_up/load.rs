//! A load of signed requests over connections that stay open where the server lets them, and how long each took.
//!
//! The client has to cost little, since it shares the machine with what it measures: one thread, bytes as they go over
//! the wire, and one signature a second, which is all that a signature of one request can differ.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use jiff::Timestamp;
use replank_server::auth::{Key, Signer};
use replank_server::wire::Request;
use tokio::net::TcpStream;

use crate::Outcome;

/// What is asked, over and over.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// A connection that signs what it asks.
pub(crate) struct Signed {
    place: SocketAddr,
    keys: Arc<(String, Key)>,
    stream: Option<TcpStream>,
    /// The last request as it went over the wire, and when it was signed.
    written: (i64, Vec<u8>),
    answer: Vec<u8>,
}

impl Signed {
    pub(crate) fn new(place: SocketAddr, keys: &Arc<(String, Key)>) -> Self {
        Self { place, keys: keys.clone(), stream: None, written: (0, Vec::new()), answer: Vec::new() }
    }

    /// Asks what was asked before, signed now; status and body.
    async fn again(&mut self, ask: &Ask) -> Outcome<(u16, &[u8])> {
        let now = Timestamp::now();
        if self.written.0 != now.as_second() {
            self.written = (now.as_second(), self.signed(ask, now)?);
        }
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.place).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        send(&stream, &self.written.1).await?;
        let answer = Answer::read(&stream, &mut self.answer).await?;
        if answer.stays {
            self.stream = Some(stream);
        }
        Ok((answer.status, &self.answer[answer.body..]))
    }

    /// Asks once, which may be another thing each time.
    pub(crate) async fn ask(&mut self, ask: &Ask) -> Outcome<(u16, &[u8])> {
        self.written.0 = 0;
        self.again(ask).await
    }

    fn signed(&self, ask: &Ask, now: Timestamp) -> Outcome<Vec<u8>> {
        let mut request = Request {
            method: ask.method.clone(),
            path: ask.path.clone(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::from(ask.body.clone()),
        };
        request.headers.insert("host", self.place.to_string().parse()?);
        if !ask.body.is_empty() {
            request.headers.insert("content-type", "application/json".parse()?);
        }
        let (access_key, key) = &*self.keys;
        let signer = Signer { access_key, key, region: "us-west-2", service: "eks" };
        signer.sign(&mut request, now).map_err(|refusal| refusal.message())?;
        let Ask { method, path, body } = ask;
        let mut text = format!("{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in &request.headers {
            text += &format!("{name}: {}\r\n", value.to_str()?);
        }
        Ok(format!("{text}\r\n{body}").into_bytes())
    }
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Where things stand in an answer that was read to its end.
struct Answer {
    status: u16,
    body: usize,
    /// Whether the connection stays open.
    stays: bool,
}

impl Answer {
    async fn read(stream: &TcpStream, into: &mut Vec<u8>) -> Outcome<Self> {
        into.clear();
        loop {
            stream.readable().await?;
            into.reserve(16 << 10);
            match stream.try_read_buf(into) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(answer) = Self::whole(into)? {
                return Ok(answer);
            }
        }
    }

    /// The answer, if it is there to its end.
    fn whole(bytes: &[u8]) -> Outcome<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(&bytes[..end])?;
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').nth(1).ok_or("no status")?.parse()?;
        let (mut length, mut stays) = (None, first.starts_with("HTTP/1.1"));
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse::<usize>()?);
            } else if name.eq_ignore_ascii_case("connection") {
                stays = !value.trim().eq_ignore_ascii_case("close");
            }
        }
        let body = end + 4;
        let length = length.ok_or("an answer without its length")?;
        Ok((bytes.len() >= body + length).then_some(Self { status, body, stays }))
    }
}

/// How a load went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Went {
    /// Answers in a second.
    pub(crate) rate: f64,
    /// Answers, those of the warm-up too.
    pub(crate) calls: f64,
    /// Milliseconds, in order.
    milliseconds: Vec<f64>,
}

impl Went {
    pub(crate) fn new(mut milliseconds: Vec<f64>, took: Duration) -> Self {
        milliseconds.sort_by(f64::total_cmp);
        let calls = milliseconds.len() as f64;
        Self { rate: calls / took.as_secs_f64(), calls, milliseconds }
    }

    /// What so many of a hundred stayed under.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let last = self.milliseconds.len().saturating_sub(1);
        let at = (last as f64 * percent / 100.0).round() as usize;
        self.milliseconds.get(at).copied().unwrap_or_default()
    }
}

/// Asks the same over so many connections for so long; a first part of it warms up and is not counted.
pub(crate) async fn load(
    place: SocketAddr,
    keys: (String, Key),
    connections: usize,
    ask: &Ask,
    long: Duration,
) -> Outcome<Went> {
    let keys = Arc::new(keys);
    let counts_from = Instant::now() + long / 5;
    let until = counts_from + long;
    let asking = (0..connections).map(|_| {
        let mut connection = Signed::new(place, &keys);
        let ask = ask.clone();
        tokio::spawn(async move {
            let (mut took, mut calls) = (Vec::new(), 0.0);
            loop {
                let asked = Instant::now();
                if asked > until {
                    return Ok::<_, crate::Trouble>((took, calls));
                }
                calls += 1.0;
                let (status, body) = connection.again(&ask).await?;
                if status != 200 {
                    return Err(format!("{status}: {}", String::from_utf8_lossy(body)).into());
                }
                if asked > counts_from {
                    took.push(asked.elapsed().as_secs_f64() * 1000.0);
                }
            }
        })
    });
    let (mut all, mut calls) = (Vec::new(), 0.0);
    for task in asking.collect::<Vec<_>>() {
        let (took, made) = task.await??;
        all.extend(took);
        calls += made;
    }
    Ok(Went { calls, ..Went::new(all, long) })
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
