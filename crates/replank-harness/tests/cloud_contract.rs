//! The embedded world's cloud keeps to the contract of clouds.

use replank_components as _;
use replank_core::names::ImageId;
use replank_engine::block::block_on;
use replank_formats::worldfile;
use replank_harness::cloud_contract::{CloudUnderTest, check};
use replank_rehearsal::adapter::SimulatedCloud;
use replank_rehearsal::session::{Definition, Session};
use replank_world::time::Span;

const WORLD: &str = "
timings: {launch: 1s, boot: 2s, terminate: 1s}
clusters:
- nodeGroups:
  - {name: default, size: {min: 1, desired: 2, max: 3}, zones: [us-west-2a], release: newest-1}
";

struct Embedded {
    session: Session,
    port: SimulatedCloud,
}

impl CloudUnderTest for Embedded {
    type Port = SimulatedCloud;

    fn port(&mut self) -> &mut SimulatedCloud {
        &mut self.port
    }

    async fn pass(&mut self) {
        let mut world = self.session.world.lock();
        let next = world.now + Span::secs(5);
        world.advance_to(next);
    }
}

#[test]
fn the_embedded_cloud_keeps_to_the_contract() {
    let spec = worldfile::read("contract", WORLD.as_bytes()).unwrap();
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    let session = Session::new(definition).unwrap();
    let target = session.specs(|at| session.update_id(at)).remove(0).target.image().clone();
    let port = SimulatedCloud::new(session.world.clone(), "default");
    let image = ImageId::new(target.as_str());
    assert_eq!(block_on(check(&mut Embedded { session, port }, &image)), Ok(()));
}
