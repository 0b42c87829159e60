//! Instances that never become nodes, and launches that fail.

use super::{desired, pass, said, until, world};
use replank_world::act::Act;

#[test]
fn an_instance_that_never_registers_is_removed_and_not_asked_for_again() {
    let group = "size: {min: 3, desired: 3, max: 6}\n    timings: {boot: never}";
    let mut world = world(", scaleDown: false", group, "");
    let to = [None, Some(4), None];
    world.act(Act::SetSizes { group: "default".into(), from: None, to }).unwrap();
    let removed = until(&mut world, 1_200, |world| desired(world) == 3);
    assert!((900..=990).contains(&removed), "{removed}");
    assert!(said(&world, "DeleteUnregistered")[0].starts_with("Removed unregistered node aws:///us-west-2"));
}

#[test]
fn what_cannot_be_launched_is_not_asked_for_any_more() {
    let mut world =
        world(", scaleDown: false", "size: {min: 1, desired: 3, max: 6}\n    timings: {launch: 75s}", "");
    world.act(Act::Quota { instances: Some(3) }).unwrap();
    let to = [None, Some(6), None];
    world.act(Act::SetSizes { group: "default".into(), from: None, to }).unwrap();
    let given_up = until(&mut world, 240, |world| desired(world) == 3);
    assert!(given_up <= 150, "{given_up}");
    // Its next process counts that failure too, however long ago it was: a raise whose instances are not there yet is
    // taken back.
    for lives in [false, true] {
        world.act(Act::AutoscalerProcess { lives }).unwrap();
    }
    world.act(Act::Quota { instances: None }).unwrap();
    pass(&mut world, 600);
    world.act(Act::SetSizes { group: "default".into(), from: None, to }).unwrap();
    let taken_back = until(&mut world, 80, |world| desired(world) == 3);
    assert!(taken_back <= 70, "{taken_back}");
}
