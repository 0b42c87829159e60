//! Self-managed add-ons: kube-proxy, CoreDNS and the VPC network plug-in as objects that nobody but their owner updates.
//!
//! | it does | it decides |
//! | --- | --- |
//! | computes the objects of another version from those that are there ([`update`]) | what of them is the owner's and stays, what is EKS's and follows the version |
//! | edits a Corefile line by line ([`corefile`]) | which plugins and options have to go, and what takes their place |
//!
//! It must never know: files, sockets, clocks, clients. JSON comes in, JSON goes out.

mod aws_node;
mod coredns;
pub mod corefile;
mod defaults;
mod image;
mod kube_proxy;
mod merge;
mod place;
mod version;

use replank_core::version::Minor;
use serde_json::Value;
use thiserror::Error;

pub use place::{AddOn, AddOnObject};
pub use version::BuildVersion;

/// An object of an add-on as it is in the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Kind, namespace and name by which the add-on's object is known.
    pub place: AddOnObject,
    /// All of it as the API server shows it, fields of others included.
    pub object: Value,
}

/// What a version changes in an add-on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    /// Tag of its image now.
    pub from: String,
    /// Tag of its image afterwards; the same when it is up to date or ahead.
    pub to: String,
    /// The objects that change, as they will be, the one that restarts pods last.
    pub objects: Vec<Found>,
    /// What changes beside the tag, in words.
    pub changes: Vec<String>,
    /// What differs from EKS's own and stays, in words.
    pub keeps: Vec<String>,
}

impl Update {
    /// Whether nothing changes.
    pub fn is_up_to_date(&self) -> bool {
        self.objects.is_empty()
    }
}

/// An add-on that cannot be updated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// Its main object is not there.
    #[error("{0:?} was not found")]
    Absent(&'static str),
    /// An image that is not `repository:tag`.
    #[error(
        "unexpected image format {image:?} of container {container:?} of {add_on}: repository:tag is expected"
    )]
    Image {
        /// Name of the add-on.
        add_on: &'static str,
        /// Name of the container.
        container: String,
        /// What the container runs, as the object names it.
        image: String,
    },
    /// A version that is not like `v1.33.10-eksbuild.25`.
    #[error("version {0:?} is not like v1.33.10-eksbuild.25")]
    Version(String),
    /// The braces of the Corefile do not match, so that no line of it can be told from another.
    #[error("the braces of the Corefile do not match; mend ConfigMap kube-system/coredns first")]
    Corefile,
}

/// What an add-on becomes with a version that EKS offers for a minor. Objects that are not there are left alone, but for
/// its workload.
pub fn update(add_on: AddOn, found: &[Found], version: &str, minor: Minor) -> Result<Update, UpdateError> {
    match add_on {
        AddOn::KubeProxy => kube_proxy::update(found, version, minor),
        AddOn::CoreDns => coredns::update(found, version),
        AddOn::AwsNode => aws_node::update(found, version),
    }
}

/// The object at a place, if it is there.
fn object(found: &[Found], place: AddOnObject) -> Option<&Value> {
    found.iter().find(|found| found.place == place).map(|found| &found.object)
}
