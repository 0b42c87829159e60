//! A wire between the update and the API server that can be cut: connections end, and new ones get nowhere.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// The wire. It is whole at first; its threads end with the test.
pub(super) struct Wire {
    pub(super) address: SocketAddr,
    ends: Arc<Mutex<Ends>>,
}

#[derive(Default)]
struct Ends {
    is_cut: bool,
    open: Vec<TcpStream>,
}

impl Wire {
    /// A wire to a server such as `https://127.0.0.1:6443`.
    pub(super) fn to(server: &str) -> Self {
        let server = server.trim_start_matches("https://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ends = Arc::new(Mutex::new(Ends::default()));
        let known = ends.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                connect(&near, &server, &known);
            }
        });
        Self { address, ends }
    }

    /// Ends every connection, and lets no new one through.
    pub(super) fn cut(&self) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.is_cut = true;
        for stream in ends.open.drain(..) {
            let _gone_already = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub(super) fn mend(&self) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).is_cut = false;
    }
}

/// Joins a connection to one of its own to the server; one that comes while the wire is cut just ends.
fn connect(near: &TcpStream, server: &str, ends: &Mutex<Ends>) {
    let mut ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
    let far = if ends.is_cut { None } else { TcpStream::connect(server).ok() };
    let Some(far) = far else {
        let _gone_already = near.shutdown(Shutdown::Both);
        return;
    };
    for (from, to) in [(near, &far), (&far, near)] {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        ends.open.push(from.try_clone().unwrap());
        std::thread::spawn(move || carry(from, to));
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _gone_already = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
