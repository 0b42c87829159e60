//! Cases of `worldfile`: tables of what is given and what must come of it.

use serde_json::Value;

use super::schema::{Default, FieldDoc, Kind, Object};
use super::spec::WorldSpec;
use super::table::WORLD;
use super::{EXAMPLES, Length, When, default_world, read, reference};
use crate::yaml;

pub(super) fn refused(text: &str) -> String {
    read("w.yaml", text.as_bytes()).expect_err(text).to_string()
}

#[test]
fn every_example_is_accepted() {
    for (file, text) in EXAMPLES {
        if let Err(refused) = read(file, text.as_bytes()) {
            panic!("{refused}");
        }
    }
}

#[test]
fn the_default_world_is_the_workshop() {
    let world = default_world().expect("readable");
    let cluster = &world.clusters[0];
    let group = &cluster.node_groups[0];
    assert_eq!((cluster.name.as_str(), cluster.version.as_str()), ("eks-workshop", "1.32"));
    assert_eq!((group.size.least(), group.size.desired, group.size.most()), (3, 3, 6));
    assert_eq!(group.zones.len(), 3);
    assert!(!cluster.autoscaler.enabled);
    assert!(cluster.workloads.iter().any(|load| load.spread.is_some()));
    assert!(
        cluster.workloads.iter().any(|load| load.volume.as_ref().is_some_and(|volume| volume.zone_bound))
    );
}

#[test]
fn the_contents_of_every_example_would_be_accepted_by_a_cluster() {
    for (file, text) in EXAMPLES {
        let world = read(file, text.as_bytes()).expect("accepted");
        for cluster in &world.clusters {
            let contents =
                super::contents(cluster, &[]).unwrap_or_else(|refused| panic!("{file}: {refused}"));
            assert_eq!(contents.warnings().next(), None);
            assert!(contents.objects.len() > cluster.workloads.len() + cluster.addons.len());
        }
    }
}

#[test]
fn a_storage_class_of_a_person_takes_the_place_of_the_built_in_one() {
    let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: gp3}\nprovisioner: example.com/disks\n";
    let own = crate::manifest::Source { name: "own.yaml".into(), text: class.into(), namespace: None };
    let contents =
        super::contents(&default_world().expect("readable").clusters[0], &[own]).expect("accepted");
    let is_it = |given: &&crate::manifest::Given| &*given.kind == "StorageClass" && &*given.name == "gp3";
    let classes: Vec<_> =
        contents.objects.iter().filter(is_it).map(|given| &given.raw["provisioner"]).collect();
    assert_eq!(classes, ["example.com/disks"]);
}

#[test]
fn the_smallest_world_gets_every_default() {
    let world = read("w.yaml", b"clusters: [{nodeGroups: [{}]}]").expect("accepted");
    assert_eq!(world.clusters[0].node_groups[0].size.desired, 3);
    assert_eq!(world.update.limits.drain, "15m".parse::<Length>().expect("a length"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn bad_files_are_refused_with_field_value_and_what_is_accepted() {
    let group = |text: &str| format!("clusters:\n- nodeGroups:\n  - {text}\n");
    let load = |text: &str| format!("clusters:\n- nodeGroups: [{{}}]\n  workloads:\n  - {text}\n");
    let act = |text: &str| format!("clusters: [{{nodeGroups: [{{}}]}}]\nacts:\n- {text}\n");
    let fault = |text: &str| format!("clusters: [{{nodeGroups: [{{}}]}}]\nfaults:\n- {text}\n");
    let update = |text: &str| format!("clusters: [{{nodeGroups: [{{}}]}}]\nupdate: {{{text}}}\n");
    let table = [
        (String::new(), "w.yaml: the file is empty"),
        ("# nothing yet\n".to_owned(), "w.yaml: the file is empty"),
        ("a: 1\n---\nb: 2\n".to_owned(), "w.yaml:3:1: a world file is a single document"),
        ("[]".to_owned(), "w.yaml:1:1: a list is not accepted, expected a mapping"),
        ("seed: 1\n".to_owned(), "w.yaml:1:1: clusters: is missing, expected a list"),
        ("clusters: []\n".to_owned(), "w.yaml:1:11: clusters: is empty, expected at least one cluster"),
        (
            "sead: 1\nclusters: [{nodeGroups: [{}]}]\n".to_owned(),
            "w.yaml:1:1: sead: unknown field, accepted are seed, start, clusters, timings, update, acts, faults; \
             did you mean \"seed\"?",
        ),
        (
            "seed: -1\nclusters: [{nodeGroups: [{}]}]\n".to_owned(),
            "w.yaml:1:7: seed: -1 is not accepted, expected a whole number from 0",
        ),
        (
            "clusters: [{nodeGroups: [{}], version: 1.32}]\n".to_owned(),
            "w.yaml:1:40: clusters[0].version: 1.32 is a number here, expected a Kubernetes version such as \"1.32\": \
             write it in quotes",
        ),
        (
            group("size: {min: 4, desired: 3}"),
            "w.yaml:3:17: clusters[0].nodeGroups[0].size.min: 4 is more than desired, which is 3",
        ),
        (
            group("capacityType: spot"),
            "w.yaml:3:19: clusters[0].nodeGroups[0].capacityType: \"spot\" is not accepted, expected one of \
             ON_DEMAND, SPOT, CAPACITY_BLOCK; did you mean \"SPOT\"?",
        ),
        (
            group("zones: [eu-west-1a]"),
            "w.yaml:3:13: clusters[0].nodeGroups[0].zones[0]: \"eu-west-1a\" is no zone of region us-west-2, expected \
             such as us-west-2a",
        ),
        (
            group("zoneSizes: {us-west-2a: 1}"),
            "w.yaml:3:16: clusters[0].nodeGroups[0].zoneSizes: the sizes add up to 1, expected size.desired, which \
             is 3",
        ),
        (
            group("updateConfig: {maxUnavailable: 101}"),
            "w.yaml:3:36: clusters[0].nodeGroups[0].updateConfig.maxUnavailable: 101 is not accepted, expected a \
             whole number from 1 to 100",
        ),
        (
            group("updateConfig: {maxUnavailable: 1, maxUnavailablePercentage: 10}"),
            "w.yaml:3:65: clusters[0].nodeGroups[0].updateConfig.maxUnavailablePercentage: cannot be given together \
             with maxUnavailable",
        ),
        (
            group("labels: {a: yes}"),
            "w.yaml:3:17: clusters[0].nodeGroups[0].labels.a: this word means true in YAML, expected a text: write \
             it in quotes",
        ),
        (
            group("{imageType: AL2023_ARM_64_STANDARD}"),
            "w.yaml:3:17: clusters[0].nodeGroups[0].imageType: AL2023_ARM_64_STANDARD does not run on m5.large: one is arm64, \
             the other amd64",
        ),
        (update("groups: []"), "w.yaml:2:18: update.groups: is empty, expected at least one node group"),
        (
            fault("{object: \" \", verdict: crash}"),
            "w.yaml:3:12: faults[0].object: \" \" is not accepted, expected a text",
        ),
        (
            load("name: Web"),
            "w.yaml:4:11: clusters[0].workloads[0].name: \"Web\" is not accepted, expected a name of lower case \
             letters, digits and '-', at most 63 characters, such as cart-api",
        ),
        (
            load("{name: web, cpu: 1x}"),
            "w.yaml:4:22: clusters[0].workloads[0].cpu: \"1x\" is not accepted, expected a Kubernetes quantity such \
             as 250m, 2, 512Mi or 8Gi",
        ),
        (
            load("{name: web, budget: {}}"),
            "w.yaml:4:25: clusters[0].workloads[0].budget: says nothing, expected minAvailable or maxUnavailable",
        ),
        (
            load("{name: web, volume: {}}"),
            "w.yaml:4:25: clusters[0].workloads[0].volume: is given for a Deployment, expected with kind \
             StatefulSet",
        ),
        (
            load("{name: web, ready: 8s..2s}"),
            "w.yaml:4:24: clusters[0].workloads[0].ready: \"8s..2s\" is not accepted, expected a delay such as 5s, \
             2s..8s, `median 10s, 95% 40s` or never",
        ),
        (
            act("do: pase"),
            "w.yaml:3:7: acts[0].do: \"pase\" is not accepted, expected one of pause, resume, cancel, force, \
             delete-node, terminate-instance, node-dies, kubelet-silent, cordon, uncordon, hold-node, release-node, annotate-node, set-sizes, \
             add-budget, delete-budget, scale, delete-pod, pod-unready, break-workload, heal-workload, \
             image-disappears, image-returns, edit-template, revert-template, zone-capacity, zone-addresses, quota, autoscaler-on, autoscaler-off, autoscaler-stops, \
             autoscaler-starts; \
             did you mean \"pause\"?",
        ),
        (
            act("{at: 1m, do: pause, node: old 1}"),
            "w.yaml:3:23: acts[0].node: unknown field with `do pause`, accepted are at, when, after, group, \
             uncordon, do",
        ),
        (act("do: resume"), "w.yaml:3:3: acts[0]: does not say when, expected `at` or `when`"),
        (
            act("{at: 1m, do: pause, group: defalt}"),
            "w.yaml:3:30: acts[0].group: there is no node group \"defalt\", expected one of default; did you mean \
             \"default\"?",
        ),
        (
            fault("{call: evict, verdict: stale}"),
            "w.yaml:3:10: faults[0].call: must be observe-cluster, observe-cloud or list-pods with the verdict stale",
        ),
        (
            fault("{chance: 1.5, verdict: crash}"),
            "w.yaml:3:12: faults[0].chance: 1.5 is not accepted, expected a number from 0 to 1",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refused(&text), expected, "{text}");
    }
}

#[test]
fn all_errors_are_told_at_once() {
    let text = "seed: x\nclusters:\n- nodeGroups: [{release: old}]\n  colour: red\n";
    assert_eq!(refused(text).lines().count(), 3);
}

#[test]
fn texts_of_every_form_come_back_as_they_were() {
    for text in ["90s", "1m30s", "500ms", "2h", "1d2h", "0s"] {
        let length: Length = text.parse().expect(text);
        assert_eq!(length.to_string().parse(), Ok(length), "{text}");
    }
    for text in ["", "5", "s", "5s3m", "5s5s", "-5s", "1.5s", "999999999999h"] {
        assert!(text.parse::<Length>().is_err(), "{text}");
    }
    for text in ["update-started", "phase scale-up", "node-picked 2", "pod-pending 1"] {
        assert_eq!(text.parse::<When>().map(|when| when.to_string()), Ok(text.to_owned()));
    }
}

/// A value for every field of the table, so that the types are shown to know each.
fn sample(kind: &Kind) -> Value {
    match kind {
        Kind::Flag => Value::Bool(true),
        Kind::Whole { min, .. } => (*min).max(1).into(),
        Kind::Share => 0.5.into(),
        Kind::Word(word) => {
            let texts = [
                "newest",
                "1.32",
                "5s",
                "shop/cart",
                "2026-11-02T09:00:00Z",
                "phase upgrade",
                "old 1",
                "a",
                "1",
                "ami-1",
            ];
            let text = texts.iter().find(|text| (word.check)(text));
            Value::from(*text.unwrap_or_else(|| panic!("no sample for {}", word.name)))
        }
        Kind::OneOf(words) => words[0].0.into(),
        Kind::List(of) => vec![sample(of)].into(),
        Kind::Map(of) => serde_json::json!({ "a": sample(of) }),
        Kind::Object(object) => sample_object(object, 0),
    }
}

fn sample_object(object: &Object, variant: usize) -> Value {
    let mut values = serde_json::Map::new();
    let mut put = |field: &FieldDoc| {
        values.insert(field.name.to_owned(), sample(&field.kind));
    };
    object.fields.iter().for_each(&mut put);
    if let Some(choice) = &object.choice {
        let variant = &choice.variants[variant % choice.variants.len()];
        variant.fields.iter().for_each(&mut put);
        values.insert(choice.field.to_owned(), variant.name.into());
    }
    Value::Object(values)
}

fn objects(object: &'static Object, into: &mut Vec<&'static Object>) {
    fn follow(kind: &Kind, into: &mut Vec<&'static Object>) {
        match kind {
            Kind::List(of) | Kind::Map(of) => follow(of, into),
            Kind::Object(object) => objects(object, into),
            Kind::Flag | Kind::Whole { .. } | Kind::Share | Kind::Word(_) | Kind::OneOf(_) => {}
        }
    }
    if into.iter().any(|known| known.name == object.name) {
        return;
    }
    into.push(object);
    let of_choice =
        object.choice.iter().flat_map(|choice| choice.variants).flat_map(|variant| variant.fields);
    object.fields.iter().chain(of_choice).for_each(|field| follow(&field.kind, into));
}

#[test]
fn the_types_know_every_field_of_the_table() {
    for variant in 0..30 {
        let mut world = sample_object(&WORLD, 0);
        let mut all = Vec::new();
        objects(&WORLD, &mut all);
        for name in ["act", "fault"] {
            let object = all.iter().find(|object| object.name == name).expect("in the table");
            world[format!("{name}s")] = vec![sample_object(object, variant)].into();
        }
        let text = serde_json::to_string(&world).expect("JSON");
        let doc = yaml::read("w.json", text.as_bytes()).expect("readable").remove(0);
        let mut wrong = Vec::new();
        let value = super::check::object(&doc.root(), &WORLD, &mut wrong);
        assert_eq!(wrong, vec![]);
        let spec: WorldSpec =
            serde_json::from_value(value.clone()).expect("the types take what the table takes");
        assert_eq!(serde_json::to_value(&spec).expect("JSON"), value);
    }
}

#[test]
fn every_default_passes_its_own_check() {
    let mut all = Vec::new();
    objects(&WORLD, &mut all);
    for object in all {
        let of_choice =
            object.choice.iter().flat_map(|choice| choice.variants).flat_map(|variant| variant.fields);
        for field in object.fields.iter().chain(of_choice) {
            let Default::Is(text) = field.default else { continue };
            let value = super::check::checked_default(text, &field.kind);
            assert!(value.is_ok(), "{}.{}: {value:?}", object.name, field.name);
        }
    }
}

#[test]
fn default_timings_are_those_of_the_world() {
    let timings = read("w.yaml", b"clusters: [{nodeGroups: [{}]}]").expect("accepted").timings;
    assert_eq!(replank_world::timings::Timings::from(&timings), replank_world::timings::Timings::default());
}

#[test]
fn the_reference_names_every_field_once() {
    let page = reference();
    for heading in ["## world\n", "## node group\n", "## workload\n", "#### `do: scale`\n", "### delay\n"] {
        assert_eq!(page.matches(heading).count(), 1, "{heading}");
    }
    assert!(
        page.contains("| `maxUnavailable` | a whole number from 1 to 100 |  | How many nodes at once. |")
    );
}

#[test]
fn broken_files_are_refused_and_never_panic() {
    let mut state = 11u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    };
    let odd = b"{}[]:,-?&*!|>'\"%@`#\t\n \\<~0\xff\xc3";
    for round in 0..1500 {
        let (file, text) = EXAMPLES[round % EXAMPLES.len()];
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=draw(5) {
            let at = draw(bytes.len());
            match draw(5) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = odd[draw(odd.len())],
                2 => bytes.insert(at, odd[draw(odd.len())]),
                3 => drop(bytes.drain(at..(at + 1 + draw(40)).min(bytes.len()))),
                _ => bytes[at] ^= 1 << draw(7),
            }
            if bytes.is_empty() {
                bytes.push(b'a');
            }
        }
        let _ = read(file, &bytes);
    }
}

#[test]
fn fields_are_read_under_their_former_names_too() {
    let world = |limit: &str, flag: &str| {
        let text = format!(
            "clusters: [{{nodeGroups: [{{name: a}}]}}]\nupdate: {{limits: {{{limit}: 7s}}}}\nacts:\n- {{at: 1m, do: cancel, {flag}: true}}\n"
        );
        read("w.yaml", text.as_bytes()).unwrap_or_else(|why| panic!("{why}"))
    };
    assert_eq!(world("settle", "giveBack"), world("deregistrationDelay", "uncordon"));
    let wrong = read("w.yaml", b"clusters: [{nodeGroups: [{name: a}]}]\nupdate: {limits: {settel: 7s}}\n")
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("unknown field") && !wrong.contains("settle,"), "{wrong}");
}
