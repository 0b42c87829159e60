//! The Rust clients of EKS and Kubernetes, unmodified, against a real `replank up`.

#![expect(clippy::panic, reason = "a test that meets the unexpected shall stop there")]

mod bench;
mod eks;
mod kubernetes;
mod sorts;
mod stored;
mod through_update;
