//! Several processes act in one world, each with a copy: all copies become the same, whoever acted when, by whatever clock.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use replank_core::draw::draw;
use replank_formats::worldfile;
use replank_rehearsal::session::{Definition, Session};
use replank_world::act::Act;
use replank_world::time::Time;

const WORLD: &str = "seed: 1
timings: {launch: 500ms, boot: 3s, terminate: 2s}
clusters:
- addons: []
  nodeGroups:
  - name: a
    size: {min: 1, desired: 3, max: 9}
  - name: b
    size: {min: 1, desired: 3, max: 9}
";
const GROUPS: [&str; 2] = ["a", "b"];

/// A copy, and the clock of its process.
struct Copy {
    session: Session,
    clock: Arc<AtomicI64>,
}

impl Copy {
    fn open(file: &Path, clock: i64) -> Self {
        let spec = worldfile::read("world", WORLD.as_bytes()).unwrap();
        let definition =
            Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
        let session = Session::new(definition).unwrap();
        let begun = session.world.lock().now.0;
        let clock = Arc::new(AtomicI64::new(begun + clock));
        let read = clock.clone();
        let steady = Box::new(move || Time(read.load(Ordering::SeqCst)));
        Self { session: session.kept_with_others(file, steady).unwrap(), clock }
    }

    fn pass(&self) {
        self.session.world.lock().pass_to(Time(0));
        assert!(self.session.failure().is_none());
    }

    /// Instances of both groups with their states, in order.
    fn shown(&self) -> Vec<String> {
        let world = self.session.world.lock();
        let all = GROUPS.iter().flat_map(|group| {
            let number = world.cloud.group_of(group).unwrap();
            let cloud = &world.cloud;
            cloud.instances_of(number).map(move |at| {
                let instance = cloud.instance(at);
                format!("{group} {} {:?}", instance.id, instance.state)
            })
        });
        all.collect()
    }

    fn act(&self, seed: u64, turn: u64) {
        let group = GROUPS[(draw(seed, turn) % 2) as usize];
        let mut world = self.session.world.lock();
        let number = world.cloud.group_of(group).unwrap();
        let first = world.cloud.instances_of(number).next().map(|at| world.cloud.instance(at).id.clone());
        let act = match (draw(seed, turn + 1) % 3, first) {
            (0, Some(id)) => Act::Terminate { instance: id.to_string().as_str().into(), shrink: false },
            _ => {
                let desired = 1 + (draw(seed, turn + 2) % 8) as u32;
                Act::SetSizes { group: group.into(), from: None, to: [None, Some(desired), None] }
            }
        };
        // An instance that another one terminated is refused.
        let _either_way = world.act(act);
    }
}

#[test]
fn copies_of_one_world_stay_the_same() {
    let folder = std::env::temp_dir().join(format!("replank-shared-world-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for seed in 0..20 {
        let file = folder.join(format!("{seed}.sqlite"));
        // The second one's clock is an hour ahead, the third one's behind.
        let copies: Vec<Copy> =
            [0, 3_600_000_000, -60_000_000].into_iter().map(|clock| Copy::open(&file, clock)).collect();
        for turn in 0..120 {
            let copy = &copies[(draw(seed, turn * 9) % 3) as usize];
            copy.clock.fetch_add((draw(seed, turn * 9 + 1) % 2_000_000) as i64, Ordering::SeqCst);
            match draw(seed, turn * 9 + 2) % 3 {
                0 => copy.act(seed, turn * 9 + 3),
                _ => copy.pass(),
            }
        }
        let late = Copy::open(&file, 0);
        // What is under way comes to its end in all.
        for _ in 0..4 {
            for copy in copies.iter().chain([&late]) {
                copy.clock.fetch_add(30_000_000, Ordering::SeqCst);
                copy.pass();
            }
        }
        copies.iter().for_each(Copy::pass);
        assert!(!copies[0].shown().is_empty());
        for copy in copies[1..].iter().chain([&late]) {
            assert_eq!(copy.shown(), copies[0].shown(), "seed {seed}");
        }
        let hours = (copies[0].session.world.lock().now - Time(0)).as_secs();
        let begun = Session::new(Definition {
            spec: worldfile::read("world", WORLD.as_bytes()).unwrap(),
            world_file: None,
            manifests: Vec::new(),
            replaces_workloads: false,
        });
        let begun = (begun.unwrap().world.lock().now - Time(0)).as_secs();
        assert!(hours - begun < 2 * 3600, "time goes on at the pace of a clock");
    }
    fs::remove_dir_all(folder).unwrap();
}
