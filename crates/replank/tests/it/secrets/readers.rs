//! Whatever reads a text from outside, given every file spoilt in every way.

use std::panic::catch_unwind;

use replank_formats::manifest::{self, Source};
use replank_formats::{snapshot, worldfile};
use replank_kube::{Access, connect};
use replank_server::tls;
use tokio::runtime::Runtime;

use super::planted::FILES;
use super::{leak, spoilt};
use crate::tool::Scratch;

type Reads = fn(&str, &[u8]) -> String;

/// The readers, each with what it says.
const READERS: &[(&str, Reads)] = &[
    ("world file", |name, text| said(worldfile::read(name, text))),
    ("manifest", |name, text| {
        let source = Source { name: name.to_owned(), text: text.to_vec(), namespace: None };
        said(
            manifest::read(&[source], &manifest::Settings::default())
                .map(|read| read.warnings().collect::<Vec<_>>()),
        )
    }),
    ("snapshot", |_, text| said(snapshot::read(text).map(|_| ()))),
    ("act", |_, text| said(worldfile::read_deed(&String::from_utf8_lossy(text)))),
    ("certificate", |_, text| said(tls::config(text, b"").map(|_| ()))),
    ("key", |_, text| {
        let chain = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        said(tls::config(chain.as_bytes(), text).map(|_| ()))
    }),
];

/// What is said of a text, by whoever prints an error and by whoever prints it while looking for a bug.
fn said<T, E: std::fmt::Display + std::fmt::Debug>(read: Result<T, E>) -> String {
    read.err().map_or(String::new(), |error| format!("{error:#}\n{error:?}"))
}

#[test]
fn no_reader_repeats_a_text() {
    let (mut read, mut refused) = (0, 0);
    for file in FILES {
        for spoilt in spoilt::all(&file.text()) {
            for (reader, reads) in READERS {
                let said = catch_unwind(|| reads(file.name, &spoilt.bytes)).expect("it does not panic");
                read += 1;
                refused += usize::from(!said.is_empty());
                let told = format!("{reader} of {} ({}): {said}", file.name, spoilt.how);
                assert_eq!(leak(said.as_bytes()), None, "{told}\n{}", String::from_utf8_lossy(&spoilt.bytes));
            }
        }
    }
    assert!(refused > read / 2 && refused > 2000, "{refused} of {read} refused");
}

#[test]
fn no_kubeconfig_is_repeated() {
    let scratch = Scratch::new("secrets-kubeconfigs");
    let runtime = Runtime::new().expect("threads");
    let path = scratch.path().join("kubeconfig");
    for file in FILES {
        for spoilt in spoilt::all(&file.text()) {
            scratch.write("kubeconfig", &spoilt.bytes);
            let access = Access { kubeconfig: Some(path.clone()), context: None };
            let said = match runtime.block_on(connect::connect(&access)) {
                Ok(connection) => panic!("{connection:?}"),
                Err(error) => format!("{error}\n{error:?}"),
            };
            let told = format!("{} ({}): {said}", file.name, spoilt.how);
            assert_eq!(leak(said.as_bytes()), None, "{told}\n{}", String::from_utf8_lossy(&spoilt.bytes));
        }
    }
}
