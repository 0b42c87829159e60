//! A cluster to try clients on: the default world behind the API, at sixty times real time.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use replank_formats::worldfile::default_world;
use replank_kubeapi::{Authority, Bearers, Cluster, Limits, Live, User, serve};
use replank_rehearsal::session::{Definition, Session};
use replank_world::time::Span;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A cluster behind the API, for as long as this lives.
pub(crate) struct Bench {
    pub(crate) live: Arc<Live>,
    pub(crate) server: String,
    /// What is served, to be served again.
    pub(crate) cluster: Cluster,
    stop: Option<DropGuard>,
    home: PathBuf,
    pub(crate) runtime: Runtime,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let runtime = Runtime::new().unwrap();
        let spec = default_world().unwrap();
        let definition =
            Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
        let session = Session::new(definition).unwrap();
        session.world.lock().events.routine = true;
        let live = Live::new(session.world.clone(), None, Timestamp::now());
        let authority = Authority::new(&["127.0.0.1".to_owned()]).unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let server = format!("https://{}", listener.local_addr().unwrap());
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("replank-kubectl-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("config"), authority.kubeconfig("test", &server)).unwrap();
        std::fs::write(home.join("ca.pem"), &authority.ca).unwrap();
        let bearers = Bearers(Arc::new(|token| {
            (token == "k8s-aws-v1.good")
                .then(|| User { name: "arn:aws:iam::1:user/a".into(), groups: vec![] })
        }));
        let cluster = Cluster { live: live.clone(), authority, bearers, limits };
        runtime.spawn(pace(live.clone()));
        let mut bench = Self { live, server, cluster, stop: None, home, runtime };
        bench.serve(listener);
        bench
    }

    fn serve(&mut self, listener: TcpListener) {
        let stop = CancellationToken::new();
        self.runtime.spawn(serve(self.cluster.clone(), listener, stop.clone()));
        self.stop = Some(stop.drop_guard());
    }

    /// Stops the server, as a signal does; the world goes on.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Serves the same world again, where it was.
    pub(crate) fn serve_again(&mut self) {
        let address = self.server.trim_start_matches("https://").to_owned();
        let bound = || self.runtime.block_on(TcpListener::bind(&address));
        let listener = std::iter::repeat_with(bound).take(100).find_map(|bound| match bound {
            Ok(listener) => Some(listener),
            Err(_) => {
                std::thread::sleep(Duration::from_millis(50));
                None
            }
        });
        self.serve(listener.unwrap());
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new("kubectl");
        command.args(line.split_whitespace());
        command.env("KUBECONFIG", self.home.join("config")).env("HOME", &self.home);
        // Whoever edits a deployment keeps one revision less of it.
        command.env("KUBE_EDITOR", "sed -i s/HistoryLimit:.10/HistoryLimit:\\ 9/");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `kubectl` with these words.
    pub(crate) fn kubectl(&self, line: &str) -> Said {
        let output = self.command(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What `kubectl` prints, which has to succeed.
    pub(crate) fn prints(&self, line: &str) -> String {
        let said = self.kubectl(line);
        assert!(said.ok, "kubectl {line}: {said:?}");
        said.out
    }

    /// `kubectl` in the background.
    pub(crate) fn spawn(&self, line: &str) -> Child {
        self.command(line).spawn().unwrap()
    }

    /// A file in the home of this cluster.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// Asks until it is so; fails after half a minute.
    pub(crate) fn until(&self, what: &str, mut is: impl FnMut(&Self) -> bool) {
        for _ in 0..300 {
            if is(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("never: {what}");
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.home);
    }
}

async fn pace(live: Arc<Live>) {
    let (wall, begun) = (Timestamp::now(), live.world().lock().now);
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = Timestamp::now();
        live.advance_to(begun + Span((now.as_microsecond() - wall.as_microsecond()) * 60), now);
    }
}
