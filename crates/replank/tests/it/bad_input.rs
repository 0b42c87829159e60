//! Every mistake is named with its place and the way out, ends with code 2, and leaves nothing behind.

use std::io::{BufRead, BufReader};

use crate::tool::{Scratch, command, ended, run, run_in, spawned};

#[test]
fn flags_say_what_they_take() {
    let unavailable = "give a number of nodes from 1 to 100, or a share from 1% to 100%";
    let speed = "not a speed; give max, real, or a factor such as 60x";
    let length = "not a length of time; give one such as 90s, 15m or 1h30m";
    let rows = [
        ("plan --max-unavailable 0", format!("error: --max-unavailable 0: {unavailable}\n")),
        ("plan --max-unavailable 101", format!("error: --max-unavailable 101: {unavailable}\n")),
        ("plan --max-unavailable 101%", format!("error: --max-unavailable 101%: {unavailable}\n")),
        ("demo --max-unavailable abc", format!("error: --max-unavailable abc: {unavailable}\n")),
        ("up --quota clusters=many", "error: invalid value 'clusters=many' for '--quota <NAME=NUMBER>': give a number".into()),
        ("up --quota nodes=5", "error: invalid value 'nodes=5' for '--quota <NAME=NUMBER>': there are clusters, ".into()),
        ("demo --speed warp", format!("error: --speed warp: {speed}\n")),
        ("demo --speed 0x", format!("error: --speed 0x: {speed}\n")),
        ("demo --drain-timeout soon", format!("error: --drain-timeout soon: {length}\n")),
        ("plan --join-timeout -5m", "error: unexpected argument '-5' found".to_owned()),
        (
            "demo --guard wall",
            "error: invalid value 'wall' for '--guard <GUARD>'\n  [possible values: taint, cordon]".to_owned(),
        ),
        (
            "demo --output xml",
            "error: invalid value 'xml' for '--output <OUTPUT>'\n  [possible values: table, json, yaml]".to_owned(),
        ),
        ("demo --colour", "error: unexpected argument '--colour' found".to_owned()),
        ("demo --nodegroup nope", "error: nope: there is no such managed node group; there is default\n".to_owned()),
        (
            "plan --world ../replank-formats/worlds/two-groups.yaml --nodegroup nope",
            "error: nope: there is no such managed node group; there is general, memory\n".to_owned(),
        ),
        (
            "plan --release-version 9.9",
            "error: node group default: Requested release version 9.9 is not valid for kubernetes version 1.32. The \
             releases of AL2023_x86_64_STANDARD are 1.32.0-20250123, "
                .to_owned(),
        ),
        (
            "plan --kubernetes-version 1.36",
            "error: node group default: Nodegroup Kubernetes version cannot be greater than the version of its cluster: \
             1.36 > 1.32; accepted is 1.32\n"
                .to_owned(),
        ),
        (
            "demo --kubernetes-version 1.31",
            "error: node group default: Nodegroup Kubernetes version cannot be rolled back from 1.32 to 1.31; accepted \
             is 1.32\n"
                .to_owned(),
        ),
        (
            "demo --kubernetes-version banana",
            "error: node group default: unsupported Kubernetes version: banana; accepted is 1.32\n".to_owned(),
        ),
    ];
    for (arguments, words) in rows {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}");
        assert!(ran.err.starts_with(&words), "{arguments}: {}", ran.err);
    }
}

#[test]
fn nothing_is_no_name_list_or_path() {
    let rows: [(&[&str], &str); 10] = [
        (&["drain", "--approve", "-l", ""], "invalid value '' for '--selector <SELECTOR>'"),
        (&["drain", "--approve", "-l", ","], "invalid value ',' for '--selector <SELECTOR>'"),
        (&["drain", "--approve", "node-1", ""], "invalid value '' for '[NODE]...'"),
        (&["drain", "node-1", "--context", " "], "invalid value ' ' for '--context <NAME>'"),
        (&["drain", "node-1", "--kubeconfig", ""], "invalid value '' for '--kubeconfig <FILE>'"),
        (&["plan", "-f", ""], "invalid value '' for '--filename <FILE_OR_DIR>...'"),
        (&["plan", "--nodegroup", ""], "invalid value '' for '--nodegroup <NAME>'"),
        (&["rehearse", "x.snap", "--what-if", ""], "invalid value '' for '--what-if <CHANGE>'"),
        (&["demo", "--data", ""], "invalid value '' for '--data <DIR>'"),
        (&["world", "do", "node-dies", "node="], "invalid value 'node=' for '[FIELD=VALUE]...'"),
    ];
    for (arguments, words) in rows {
        // Whatever were asked would not be there.
        let nowhere = command("").args(arguments).env("KUBECONFIG", "/nowhere/kubeconfig").output();
        let ran = ended(nowhere);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.starts_with(&format!("error: {words}")), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("an unset variable?") && ran.err.contains("give "), "{}", ran.err);
    }
}

#[test]
fn files_are_named_with_line_and_field() {
    let scratch = Scratch::new("files");
    scratch.write("field.yaml", "clusters:\n- nodeGroups:\n  - name: default\n    colour: red\n");
    scratch.write("value.yaml", "clusters:\n- nodeGroups:\n  - name: default\n    size: {desired: many}\n");
    scratch.write("broken.yaml", "clusters: [\n");
    scratch.write("empty.yaml", "# nothing yet\n---\n");
    scratch.write("void/README.md", "no manifest");
    scratch.write("custom.yaml", "clusters: [{nodeGroups: [{imageType: CUSTOM, image: ami-1}]}]\n");
    scratch.write(
        "both.yaml",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec:\n  minAvailable: 1\n  \
         maxUnavailable: 1\n  selector: {matchLabels: {app: b}}\n",
    );
    scratch.write(
        "app/quantity.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: i\n    \
         resources: {requests: {cpu: 100q}}\n",
    );
    let rows = [
        ("--world none.yaml", "error: --world none.yaml: No such file or directory (os error 2)\n"),
        (
            "--world field.yaml",
            "error: field.yaml:4:5: clusters[0].nodeGroups[0].colour: unknown field, accepted are name, zones, size, ",
        ),
        ("--world value.yaml", "error: value.yaml:4:21: clusters[0].nodeGroups[0].size.desired: "),
        ("--world broken.yaml", "error: broken.yaml:2:1: "),
        ("-f none.yaml", "error: none.yaml: cannot be read: No such file or directory (os error 2)\n"),
        ("-f empty.yaml", "error: empty.yaml: no objects passed to apply: there is nothing in it\n"),
        ("-f void", "error: void: no file ends with .yaml, .yml or .json in this directory\n"),
        ("--world empty.yaml", "error: empty.yaml: the file is empty\n"),
        (
            "--world custom.yaml",
            "error: node group default: its imageType is CUSTOM: say in the world file which image it moves to, as \
             `update: {image: ami-...}`\n",
        ),
        (
            "-f both.yaml",
            "error: both.yaml:5:3: The PodDisruptionBudget \"b\" is invalid: spec: Invalid value: \
             {\"minAvailable\":1,\"maxUnavailable\":1,\"selector\":{\"matchLabels\":{\"app\":\"b\"}}}: minAvailable \
             and maxUnavailable cannot be both set\n",
        ),
        (
            "-f app",
            "error: app/quantity.yaml:8:33: Pod in version \"v1\" cannot be handled as a Pod: \
             spec.containers[0].resources.requests.cpu: \"100q\": unable to parse quantity's suffix\n",
        ),
    ];
    for (arguments, words) in rows {
        for command in ["demo", "plan"] {
            let ran = run_in(scratch.path(), &format!("{command} {arguments}"));
            assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}");
            assert!(ran.err.starts_with(words), "{arguments}: {}", ran.err);
        }
    }
}

#[test]
fn a_mistake_leaves_no_data_directory_behind() {
    let scratch = Scratch::new("nothing-left");
    let ran = run_in(scratch.path(), "demo --data data --nodegroup nope");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(!scratch.path().join("data").exists());
    let ran = run_in(scratch.path(), "demo --data data");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn data_directories_of_others_are_refused_and_left_alone() {
    let scratch = Scratch::new("data");
    let made = run_in(scratch.path(), "demo --data good");
    assert_eq!(made.code, Some(0), "{}", made.err);
    let format = std::fs::read(scratch.path().join("good/FORMAT")).expect("a format");
    scratch.write("foreign/notes.txt", "mine");
    scratch.write("newer/FORMAT", "replank data directory, format 9\n");
    scratch.write("damaged/FORMAT", "PG_VERSION 17\n");
    scratch.write("journal/FORMAT", &format);
    scratch.write("journal/journal.sqlite", "this is no database, and it is long enough to be looked at");
    scratch.write("world/FORMAT", &format);
    scratch.write("world/world.sqlite", "this is no database, and it is long enough to be looked at");
    let rows = [
        (
            "foreign",
            "notes.txt",
            "error: foreign is not a data directory of replank and not empty; name an empty or a new directory\n",
        ),
        (
            "newer",
            "FORMAT",
            "error: newer has format 9 and this version of replank knows up to 1; use a newer version\n",
        ),
        (
            "damaged",
            "FORMAT",
            "error: damaged/FORMAT is damaged: it should read `replank data directory, format 1`\n",
        ),
        (
            "journal",
            "journal.sqlite",
            "error: journal/journal.sqlite is damaged: file is not a database; restore it from a backup, or move it \
             away to start anew\n",
        ),
        (
            "world",
            "world.sqlite",
            "error: world/world.sqlite: not a world of replank; give another --data directory\n",
        ),
    ];
    for (directory, file, words) in rows {
        let file = scratch.path().join(directory).join(file);
        let before = std::fs::read(&file).expect("a file");
        let ran = run_in(scratch.path(), &format!("demo --data {directory}"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{directory}");
        assert!(ran.err.starts_with(words), "{directory}: {}", ran.err);
        assert_eq!(std::fs::read(&file).expect("still there"), before, "{directory}");
    }
    let ran = run_in(scratch.path(), "demo --data good --seed 9");
    let words = "error: good/world.sqlite: made from another world file, other manifests or another seed; run the \
                 command it was made with, or give another --data directory\n";
    assert_eq!((ran.code, ran.err.as_str()), (Some(2), words));
}

#[test]
fn the_second_process_on_a_data_directory_is_told_who_holds_it() {
    let scratch = Scratch::new("held");
    let mut first = spawned(command("demo --speed real --data data").current_dir(scratch.path()));
    let mut line = String::new();
    BufReader::new(first.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let second = run_in(scratch.path(), "demo --data data");
    first.kill().expect("the first is there");
    let _ended = first.wait();
    assert_eq!(second.code, Some(2), "{}", second.err);
    let words = format!("error: data is in use by process {} on ", first.id());
    assert!(second.err.starts_with(&words), "{}", second.err);
    assert!(second.err.ends_with("; wait until it ends, or name another directory\n"), "{}", second.err);
    // The lock ends with its process, however that ended.
    let third = run_in(scratch.path(), "demo --data data");
    assert_eq!(third.code, Some(0), "{}", third.err);
}
