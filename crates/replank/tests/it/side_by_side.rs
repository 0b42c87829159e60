//! The same commands and requests to `replank up` and to a real control plane (`clients/side_cases.py` has them, and
//! the list of what differs with its reasons): clients read the same.

use std::env;
use std::path::Path;

use replank_lab::{Lab, Node, Settings};

use crate::served::Up;
use crate::tool::{Scratch, ended};

#[test]
fn clients_read_what_a_real_control_plane_answers() {
    let lab = Lab::start(&Settings::default()).unwrap();
    lab.add_nodes(&Node::spread("workers", &["us-west-2a", "us-west-2b"], 2)).unwrap();
    lab.wait_for_ready_nodes(2).unwrap();
    let scratch = Scratch::new("side-by-side");
    let up = Up::start(scratch.path(), "--speed 60x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/side_by_side.py");
    let mut client = up.program("python3", &[script]);
    // One kubectl for both: the one that belongs to the real control plane.
    let kubectl = lab.kubectl();
    let beside = Path::new(kubectl.get_program()).parent().unwrap().to_path_buf();
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = env::join_paths(std::iter::once(beside).chain(env::split_paths(&path))).unwrap();
    let ran = ended(client.env("PATH", paths).env("REAL_KUBECONFIG", lab.kubeconfig()).output());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    lab.stop();
    assert_eq!(up.end("-TERM"), Some(0));
}
