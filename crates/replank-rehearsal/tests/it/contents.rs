//! The built-in world, put into an empty one.

use replank_components::enter::enter_all;
use replank_components::kubernetes::world;
use replank_formats::worldfile;
use replank_world::timings::Timings;

#[test]
fn contents_enter_a_world() {
    let world_file = worldfile::default_world().expect("readable");
    let contents = worldfile::contents(&world_file.clusters[0], &[]).expect("accepted");
    let timings = Timings::from(&world_file.timings);
    let mut world = world(world_file.seed, world_file.start.0.into(), timings);
    enter_all(&mut world, contents.objects.clone()).expect("entered");
    assert!(world.store.find("Deployment", "shop", "cart").is_some());
    assert!(world.store.find("PodDisruptionBudget", "kube-system", "coredns").is_some());
    let again = enter_all(&mut world, contents.objects).expect_err("the names are taken");
    assert_eq!((again.code, again.reason), (409, "AlreadyExists"));
}
