//! Texts from outside: YAML, Kubernetes manifests, world files and snapshots, read and written.
//!
//! | it does | it decides |
//! | --- | --- |
//! | reads YAML and JSON with line and column of every value ([`yaml`]) | what an error says: place, value, and what would be accepted |
//! | checks and completes manifests as the API server does ([`manifest`]) | which manifests are invalid, and their defaults |
//! | reads world files by one table of fields ([`worldfile`]) | which fields there are, and their defaults |
//! | writes and reads clusters as files ([`snapshot`]) | what of a cluster is kept, left out or scrambled |
//!
//! It must never know: what happens in a world, decisions of an update, sockets.

pub mod manifest;
pub mod snapshot;
pub mod words;
pub mod worldfile;
pub mod yaml;
