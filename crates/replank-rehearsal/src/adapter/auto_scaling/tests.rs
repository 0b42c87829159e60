//! Stories of groups that users drive through the Auto Scaling API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_service::launch_template::user_data;
use replank_service::ports::launch_templates::{OwnTemplate, OwnVersion, TemplateChange};
use replank_world::act::Act;
use replank_world::cloud::{
    Call, GroupNo, GroupUpdate, Hook, HookCall, HookResult, LaunchCall, LaunchSource, OwnGroup, Process,
    State, Transition, VersionChoice,
};
use replank_world::refusal::Refusal;
use replank_world::time::{Span, Time};
use replank_world::timings::Timings;
use replank_world::world::World;
use serde_json::json;

const START: Time = Time(1_790_000_000_000_000);
const GROUP: GroupNo = GroupNo(0);
const TEMPLATE: &str = "lt-1";

fn version(kind: &str) -> OwnVersion {
    let image = replank_world::cloud::catalogue::Catalogue::get();
    let image = image.find("AL2023_x86_64_STANDARD", "1.32", "latest").unwrap();
    let joins = user_data::encoded("apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n");
    let data = json!({ "imageId": *image.id, "instanceType": kind, "userData": joins });
    OwnVersion { description: None, created_at: String::new(), data: data.to_string(), token: None }
}

/// A user's group of two zones that follows the newest version, after its instances are in service.
fn world(size: u32) -> World {
    let mut world = replank_components::kubernetes::world(7, START, Timings::default());
    world.cloud.put_own_template(OwnTemplate {
        id: TEMPLATE.into(),
        name: "mine".into(),
        created_at: String::new(),
        default: 1,
        latest: 1,
        versions: BTreeMap::from([(1, version("m5.large"))]),
        tags: BTreeMap::new(),
    });
    let group = OwnGroup {
        key: "asg:g".into(),
        name: "g".into(),
        zones: ["us-west-2a", "us-west-2b"].map(Arc::from).to_vec(),
        sizes: [1, size, 9],
        source: LaunchSource { template: TEMPLATE.into(), version: VersionChoice::Latest },
        tags: Vec::new(),
        protects_new: false,
    };
    world.act(Act::CreateOwnGroup { group: Box::new(group) }).unwrap();
    pass(&mut world, 200);
    assert_eq!(count(&world, State::InService), size as usize);
    world
}

fn pass(world: &mut World, seconds: i64) {
    let until = world.now + Span::secs(seconds);
    world.advance_to(until);
}

fn call(world: &mut World, call: Call) -> Result<(), Refusal> {
    world.act(Act::AutoScaling { group: "asg:g".into(), call: Box::new(call) })
}

fn ids(world: &World, state: State) -> Vec<Arc<str>> {
    let all = world.cloud.instances_of(GROUP).map(|number| world.cloud.instance(number));
    all.filter(|it| it.state == state).map(|it| it.id.clone()).collect()
}

fn count(world: &World, state: State) -> usize {
    ids(world, state).len()
}

fn sizes(world: &World) -> (u32, u32, u32) {
    let sizes = world.cloud.group(GROUP).spec.sizes;
    (sizes.min, sizes.desired, sizes.max)
}

#[test]
fn a_group_follows_the_newest_version_and_nodes_join_without_labels_of_eks() {
    let mut world = world(1);
    let (_, node) = world.store.nodes.iter().next().unwrap();
    let labels = world.store.labels.get(node.meta.labels);
    assert!(labels.keys().all(|key| !key.starts_with("eks.amazonaws.com/")), "{labels:?}");
    let change = TemplateChange::Add { id: TEMPLATE.into(), version: version("m5.xlarge") };
    world.act(Act::OwnTemplate { change: Box::new(change) }).unwrap();
    call(&mut world, Call::SetDesired(2)).unwrap();
    pass(&mut world, 200);
    let kinds: BTreeSet<(u64, Arc<str>)> = world
        .cloud
        .instances_of(GROUP)
        .map(|number| world.cloud.instance(number))
        .map(|it| (it.version, it.settings.instance_type.clone()))
        .collect();
    assert_eq!(kinds, BTreeSet::from([(1, "m5.large".into()), (2, "m5.xlarge".into())]));
}

#[test]
fn launches_in_a_zone_are_made_once_for_a_token_and_never_beyond_the_maximum() {
    let mut world = world(2);
    let launch = |token: &str, count| {
        let (token, zone) = (token.into(), "us-west-2b".into());
        Call::Launch(LaunchCall { token, zone, count, retries: false })
    };
    call(&mut world, launch("a", 3)).unwrap();
    call(&mut world, launch("a", 3)).unwrap();
    assert_eq!((sizes(&world), count(&world, State::Pending)), ((1, 5, 9), 3));
    assert_eq!(call(&mut world, launch("a", 2)).unwrap_err().reason, "IdempotentParameterMismatch");
    assert!(call(&mut world, launch("b", 5)).unwrap_err().message.starts_with("Desired capacity:10 must be"));
    world.cloud.conditions.room.insert("us-west-2b".into(), 1);
    call(&mut world, launch("c", 2)).unwrap();
    let made = world.cloud.launched(GROUP, "c").unwrap();
    assert_eq!((made.instances.len(), made.failure.is_some(), sizes(&world)), (1, true, (1, 6, 9)));
}

#[test]
fn processes_and_protection_hold_what_they_say() {
    let mut world = world(3);
    let switch = |suspended| Call::Processes { processes: BTreeSet::from([Process::Launch]), suspended };
    call(&mut world, switch(true)).unwrap();
    call(&mut world, Call::SetDesired(4)).unwrap();
    pass(&mut world, 300);
    assert_eq!(count(&world, State::InService), 3);
    call(&mut world, switch(false)).unwrap();
    pass(&mut world, 300);
    assert_eq!(count(&world, State::InService), 4);
    let kept: Vec<Arc<str>> = ids(&world, State::InService).into_iter().take(3).collect();
    call(&mut world, Call::Protect { instances: kept.clone(), protected: true }).unwrap();
    let update = GroupUpdate { max: Some(2), ..GroupUpdate::default() };
    call(&mut world, Call::Update(update)).unwrap();
    pass(&mut world, 300);
    assert_eq!((ids(&world, State::InService), sizes(&world)), (kept, (1, 2, 2)));
}

#[test]
fn instances_wait_for_hooks_until_somebody_or_their_time_ends_it() {
    let mut world = world(2);
    for (name, transition, by_default) in [
        ("join", Transition::Launching, HookResult::Abandon),
        ("leave", Transition::Terminating, HookResult::Continue),
    ] {
        let hook = Hook { transition, heartbeat_seconds: 600, by_default };
        call(&mut world, Call::Hook { name: name.into(), hook: Some(hook) }).unwrap();
    }
    let say = |hook: &str, instance: &Arc<str>, result| {
        Call::Hooked(HookCall { hook: hook.into(), instance: instance.clone(), result })
    };
    call(&mut world, Call::SetDesired(3)).unwrap();
    pass(&mut world, 500);
    let [new] = &ids(&world, State::Pending)[..] else { panic!("none waits") };
    call(&mut world, say("join", new, None)).unwrap();
    pass(&mut world, 300);
    assert_eq!(ids(&world, State::Pending), std::slice::from_ref(new), "the heartbeat made it longer");
    call(&mut world, say("join", new, Some(HookResult::Continue))).unwrap();
    assert_eq!((count(&world, State::InService), count(&world, State::Pending)), (3, 0));
    assert!(
        call(&mut world, say("join", new, None)).unwrap_err().message.contains("No active Lifecycle Action")
    );
    world.act(Act::Terminate { instance: new.clone(), shrink: true }).unwrap();
    pass(&mut world, 400);
    let node = |world: &World| world.store.index.by_instance.contains_key(new);
    assert!(ids(&world, State::Terminating).contains(new) && node(&world), "it waits with its node");
    pass(&mut world, 600);
    assert!(!ids(&world, State::Terminating).contains(new) && !node(&world), "its time is over");
    call(&mut world, Call::SetDesired(3)).unwrap();
    pass(&mut world, 60);
    let [lost] = &ids(&world, State::Pending)[..] else { panic!("none waits") };
    call(&mut world, say("join", lost, Some(HookResult::Abandon))).unwrap();
    assert!(!ids(&world, State::InService).contains(lost) && !ids(&world, State::Pending).contains(lost));
}
