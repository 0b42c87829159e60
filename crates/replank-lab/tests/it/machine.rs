//! What is on the machine: processes by what their command lines name, and ports that somebody listens on.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// The command lines that name a directory; this process and its own are not looked at.
pub(crate) fn processes_of(directory: &Path) -> Vec<String> {
    let name = directory.display().to_string();
    let listing = std::process::Command::new("ps").args(["-eo", "pid,args", "-ww"]).output();
    let text = match listing {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout).into_owned(),
        _ => from_proc(),
    };
    assert!(text.lines().count() > 1, "the processes of this machine cannot be listed");
    text.lines().filter(|line| line.contains(&name)).map(str::to_owned).collect()
}

/// As `ps` would say it, where there is none.
fn from_proc() -> String {
    let entries = std::fs::read_dir("/proc").map(Iterator::flatten).into_iter().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ") + "\n").collect()
}

/// True when somebody listens at `https://127.0.0.1:1234`.
pub(crate) fn listens(server: &str) -> bool {
    let port: u16 = server.rsplit(':').next().unwrap().parse().unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// Waits until nothing is left of a lab; panics with what is.
pub(crate) fn assert_gone(directory: &Path, server: &str) {
    let begin = Instant::now();
    loop {
        let left = processes_of(directory);
        let files = directory.exists();
        if left.is_empty() && !files && !listens(server) {
            return;
        }
        let waited = begin.elapsed();
        assert!(waited < Duration::from_secs(20), "files: {files}, port: {}, {left:#?}", listens(server));
        std::thread::sleep(Duration::from_millis(100));
    }
}
