//! Texts from outside: YAML, Kubernetes manifests, world files and snapshots, read and written.
//!
//! | does | decides |
//! | --- | --- |
//! | reads, checks and completes what people and clusters wrote; names the place of each mistake | nothing of what happens in a world |

pub mod manifest;
pub mod snapshot;
pub mod words;
pub mod worldfile;
pub mod yaml;
