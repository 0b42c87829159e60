//! Names and ids, each a type of its own, so that a node name cannot be passed where an instance id is expected.
//!
//! They are shared strings: a clone costs a reference count. They sort by their text.

use std::fmt;
use std::sync::Arc;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text unchecked; whoever reads it from outside validates it first.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }
    )*};
}

names! {
    /// Name of a cluster in its cloud (EKS: `clusterName`).
    ClusterName;
    /// Name of a node group within its cluster (EKS: `nodegroupName`).
    NodeGroupName;
    /// Name of a Kubernetes `Node` object.
    NodeName;
    /// Id of a cloud instance, such as `i-0123456789abcdef0`.
    InstanceId;
    /// Name of an availability zone, such as `us-west-2a`.
    Zone;
    /// Id of a machine image, such as `ami-0123456789abcdef0`.
    ImageId;
    /// Id of a launch template, such as `lt-0123456789abcdef0`.
    TemplateId;
    /// Id of one update of one node group (EKS: `updateId`), or of one upgrade of a whole cluster.
    UpdateId;
    /// Name of an add-on (EKS: `addonName`), such as `kube-proxy`.
    AddOnName;
}

/// `metadata.uid` of a Kubernetes object: the 128 bits of its UUID. A later object of the same name has another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Uid(pub u128);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// API group of an `apiVersion`, such as `apps` of `apps/v1`; empty for the core group (`v1`).
pub fn api_group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Namespace and name of a Kubernetes object; printed as `namespace/name`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectName {
    /// `metadata.namespace`.
    pub namespace: Arc<str>,
    /// `metadata.name`.
    pub name: Arc<str>,
}

impl ObjectName {
    /// Names the object `name` in `namespace`.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_prints_as_a_uuid() {
        assert_eq!(
            Uid(0x1234_5678_9abc_4def_8123_4567_89ab_cdef).to_string(),
            "12345678-9abc-4def-8123-456789abcdef"
        );
    }
}
