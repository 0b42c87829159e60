//! The Rust clients of EKS and Kubernetes, unmodified, against a real `replank up`.

mod bench;
mod eks;
mod kubernetes;
mod sorts;
mod stored;
mod through_update;
