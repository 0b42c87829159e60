//! What is written is read again, and what is no whole snapshot says why.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::json;

use super::{read, write};
use crate::snapshot::Snapshot;

fn packed(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn sample() -> Snapshot {
    // Enough that the file is longer than what a decoder reads at once.
    let node = |number: u32| json!({"kind": "Node", "metadata": {"name": format!("node-{}", number * 7919)}});
    Snapshot {
        taken_at: Timestamp::from_second(1_760_000_000).unwrap(),
        server: "v1.34.4-eks-1".into(),
        replank: "0.1.0".into(),
        cluster: Some("shop".into()),
        anonymized: false,
        objects: (0..5000).map(node).collect(),
    }
}

#[test]
fn what_is_written_is_read() {
    let mut file = Vec::new();
    write(&sample(), &mut file).unwrap();
    assert_eq!(read(&file).unwrap(), sample());
    assert_eq!(sample().minor().as_deref(), Some("1.34"));
}

#[test]
fn half_a_file_is_no_snapshot() {
    let mut file = Vec::new();
    write(&sample(), &mut file).unwrap();
    for share in [3, 10, 50, 90, 99] {
        let error = read(&file[..file.len() * share / 100]).unwrap_err().to_string();
        assert!(error.starts_with("is cut short"), "{share} of 100: {error}");
    }
    // Without the end, as a writer leaves it that was killed.
    let text = "{\"format\":\"replank-snapshot\",\"version\":1,\"takenAt\":\"2026-11-02T09:00:00Z\"}\n";
    let error = read(&packed(text)).unwrap_err().to_string();
    assert_eq!(error, "is cut short after 0 objects; copy it again, or take it again");
    let fewer = format!("{text}{{\"end\":{{\"objects\":2}}}}\n");
    assert!(read(&packed(&fewer)).unwrap_err().to_string().starts_with("is cut short"), "{fewer}");
}

#[test]
fn what_is_no_snapshot_says_what_it_is() {
    let header = |version: u32| {
        format!(
            "{{\"format\":\"replank-snapshot\",\"version\":{version},\"takenAt\":\"2026-11-02T09:00:00Z\",\
             \"replank\":\"9.1.0\"}}\n"
        )
    };
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "is empty; take a snapshot with `replank snapshot`"),
        (b"hello\n".to_vec(), "is no snapshot: it does not begin with a snapshot's header"),
        (b"{\"a\": 1}\n".to_vec(), "is no snapshot: its first line is JSON, but not a snapshot's header"),
        (
            b"{\n  \"kind\": \"List\",\n  \"apiVersion\": \"v1\"\n}\n".to_vec(),
            "holds Kubernetes objects but is no",
        ),
        (
            b"{\"kind\":\"PodList\",\"apiVersion\":\"v1\"}".to_vec(),
            "holds Kubernetes objects but is no snapshot",
        ),
        (b"apiVersion: v1\nkind: Pod\n".to_vec(), "holds Kubernetes objects but is no snapshot"),
        (packed("some text\n"), "is no snapshot: it does not begin"),
        (packed(&header(0)), "was written in format 0, which is too old: this replank reads 1 to 1"),
        (packed(&header(2)), "was written by a newer replank (9.1.0) in format 2; this one reads up to 1"),
        (packed(&format!("{}nonsense\n", header(1))), "is damaged in line 2 ("),
        (packed(&format!("{}{{\"more\":1}}\n", header(1))), "is damaged in line 2 ("),
    ];
    for (bytes, wanted) in rows {
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}\nwanted {wanted}");
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let mut file = Vec::new();
    write(&Snapshot { objects: sample().objects[..40].to_vec(), ..sample() }, &mut file).unwrap();
    let whole = read(&file).unwrap();
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x55;
        // The time in the packing's own header is nobody's; everything else is under its checksum.
        if let Ok(read) = read(&damaged) {
            assert_eq!(read, whole, "byte {at}");
        }
    }
}
