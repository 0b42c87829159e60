//! The add-ons and the objects that each is made of.

use std::fmt;

/// An add-on that a cluster may have without EKS's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddOn {
    /// Service addresses on every node.
    KubeProxy,
    /// The name service.
    CoreDns,
    /// The network plug-in.
    AwsNode,
}

impl AddOn {
    /// Name of its workload.
    pub fn name(self) -> &'static str {
        match self {
            Self::KubeProxy => "kube-proxy",
            Self::CoreDns => "coredns",
            Self::AwsNode => "aws-node",
        }
    }

    /// Name that EKS knows it by (EKS: `addonName`).
    pub fn eks_name(self) -> &'static str {
        match self {
            Self::KubeProxy => "kube-proxy",
            Self::CoreDns => "coredns",
            Self::AwsNode => "vpc-cni",
        }
    }

    /// The object that runs its pods.
    pub fn workload(self) -> AddOnObject {
        match self {
            Self::KubeProxy => AddOnObject::KubeProxy,
            Self::CoreDns => AddOnObject::CoreDns,
            Self::AwsNode => AddOnObject::AwsNode,
        }
    }

    /// Everything that an update may change.
    pub fn places(self) -> &'static [AddOnObject] {
        match self {
            Self::KubeProxy => &[AddOnObject::KubeProxy],
            Self::CoreDns => {
                &[AddOnObject::DnsService, AddOnObject::Corefile, AddOnObject::DnsRole, AddOnObject::CoreDns]
            }
            Self::AwsNode => &[AddOnObject::AwsNode],
        }
    }
}

/// An object that belongs to an add-on, and is merged or written with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddOnObject {
    /// `DaemonSet` kube-proxy.
    KubeProxy,
    /// Deployment coredns.
    CoreDns,
    /// Service kube-dns.
    DnsService,
    /// `ConfigMap` coredns, with the Corefile.
    Corefile,
    /// `ClusterRole` system:coredns.
    DnsRole,
    /// `DaemonSet` aws-node.
    AwsNode,
}

impl AddOnObject {
    /// Path of the object in the Kubernetes API.
    pub fn path(self) -> &'static str {
        match self {
            Self::KubeProxy => "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy",
            Self::CoreDns => "/apis/apps/v1/namespaces/kube-system/deployments/coredns",
            Self::DnsService => "/api/v1/namespaces/kube-system/services/kube-dns",
            Self::Corefile => "/api/v1/namespaces/kube-system/configmaps/coredns",
            Self::DnsRole => "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns",
            Self::AwsNode => "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node",
        }
    }
}

impl fmt::Display for AddOnObject {
    /// As eksctl writes objects: `namespace:Kind.group/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KubeProxy => "kube-system:DaemonSet.apps/kube-proxy",
            Self::CoreDns => "kube-system:Deployment.apps/coredns",
            Self::DnsService => "kube-system:Service/kube-dns",
            Self::Corefile => "kube-system:ConfigMap/coredns",
            Self::DnsRole => "ClusterRole.rbac.authorization.k8s.io/system:coredns",
            Self::AwsNode => "kube-system:DaemonSet.apps/aws-node",
        })
    }
}
