//! The servers that are measured: `replank up` in a directory of its own, and moto's.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use replank_kubeapi::Authority;
use replank_server::auth::Key;

use crate::Outcome;

/// A server that ends with this.
pub(crate) struct Server {
    child: Child,
    home: Option<PathBuf>,
    /// Where it listens for EKS.
    pub(crate) eks: SocketAddr,
    /// Where it listens for Kubernetes.
    pub(crate) kubernetes: Option<SocketAddr>,
    told: BTreeMap<String, String>,
}

impl Server {
    /// Starts `replank up` with these flags; `world` is a world file.
    pub(crate) fn replank(flags: &str, world: Option<&str>) -> Outcome<Self> {
        let program = std::env::var("REPLANK").unwrap_or_else(|_| "target/release/replank".into());
        let program = std::path::absolute(program)?;
        let home = std::path::absolute(format!("target/bench-up-{}", std::process::id()))?;
        let _not_there = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home)?;
        let mut up = Command::new(&program);
        up.args(["up", "--data", "data", "--port", "0", "--kubernetes-port", "0"]);
        up.args(flags.split_whitespace());
        if let Some(world) = world {
            std::fs::write(home.join("world.yaml"), world)?;
            up.args(["--world", "world.yaml"]);
        }
        let mut child = up.current_dir(&home).env("XDG_STATE_HOME", &home).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("no pipe")?;
        if !BufReader::new(out).lines().any(|line| line.is_ok_and(|line| line.contains("Ctrl-C"))) {
            return Err("replank up does not come up".into());
        }
        let env = Command::new(&program).args(["env", "--data", "data"]).current_dir(&home).output()?;
        let env = String::from_utf8(env.stdout)?;
        let pair = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let told: BTreeMap<String, String> = env.lines().filter_map(pair).collect();
        let eks = told["AWS_ENDPOINT_URL"].trim_start_matches("http://").parse()?;
        let up: serde_json::Value = serde_json::from_slice(&std::fs::read(home.join("data/up.json"))?)?;
        let kubernetes = up["kubernetes"].as_str().unwrap_or_default().trim_start_matches("https://");
        let kubernetes = Some(kubernetes.parse()?);
        Ok(Self { child, home: Some(home), eks, kubernetes, told })
    }

    /// Starts moto's server, if there is one.
    pub(crate) fn moto() -> Outcome<Option<Self>> {
        let Some(program) = std::env::var_os("MOTO_SERVER") else { return Ok(None) };
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut moto = Command::new(program);
        moto.args(["-H", "127.0.0.1", "-p", &free.port().to_string()]);
        let child = moto.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let told = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")];
        let told = told.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let server = Self { child, home: None, eks: free, kubernetes: None, told };
        for _ in 0..300 {
            if std::net::TcpStream::connect(free).is_ok() {
                return Ok(Some(server));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("moto's server does not come up".into())
    }

    /// The command with this server's environment.
    pub(crate) fn command(&self) -> Command {
        let program = std::env::var("REPLANK").unwrap_or_else(|_| "target/release/replank".into());
        let mut command = Command::new(program);
        command.envs(&self.told);
        command
    }

    /// The keys for EKS: access key and secret.
    pub(crate) fn keys(&self) -> (String, Key) {
        let value = |name: &str| self.told.get(name).cloned().unwrap_or_default();
        let key = Key { secret: value("AWS_SECRET_ACCESS_KEY").into(), session_token: "".into() };
        (value("AWS_ACCESS_KEY_ID"), key)
    }

    /// The certificates of the Kubernetes API.
    pub(crate) fn authority(&self) -> Outcome<Authority> {
        let home = self.home.as_deref().unwrap_or(Path::new("."));
        Ok(serde_json::from_slice(&std::fs::read(home.join("data/authority.json"))?)?)
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> Outcome<f64> {
        memory(self.child.id(), "VmRSS:")
    }

    /// CPU seconds that it used until now.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        cpu(self.child.id())
    }
}

/// A line of a process's status, such as `VmRSS:` for what is resident and `VmHWM:` for the most that ever was, in MiB.
pub(crate) fn memory(process: u32, which: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(which)).ok_or("the status lacks it")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// CPU seconds that a process used until now.
pub(crate) fn cpu(process: u32) -> Outcome<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / 100.0)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _nobody_left = self.child.wait();
        if let Some(home) = &self.home {
            let _left_behind = std::fs::remove_dir_all(home);
        }
    }
}
