//! `replank utils update-kube-proxy`, `update-coredns` and `update-aws-node`: an add-on to its version for the control
//! plane, by EKS where it manages it, else by its objects. The words are eksctl's.

mod managed;
pub(crate) mod objects;
pub(crate) mod rollout;

use std::sync::Arc;

use anyhow::Result;
use jiff::SignedDuration;
use replank_addons::{AddOn, BuildVersion};
use replank_aws::Aws;
use replank_aws::add_ons::EksCluster;
use replank_core::version::Minor;
use replank_kube::Connection;
use replank_kube::lists::version;
use tokio::runtime::Runtime;

use super::aws::group::{connect, patiently};
use super::connect::connection;
use crate::cli::{AddOnUpdate, UpdateAddOn};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::{runtime, settings};

/// Last line of a plan.
const REMINDER: &str = "no changes were applied, run again with '--approve' to apply the changes";

/// An update of an add-on, with what it is asked of.
struct Asked<'f> {
    add_on: AddOn,
    flags: &'f UpdateAddOn,
    timeout: SignedDuration,
    runtime: Runtime,
    aws: Arc<Aws>,
    minor: Minor,
}

/// Plans; with `--approve`, acts.
pub(crate) fn run(what: &AddOnUpdate, printer: &mut Printer) -> Result<Exit> {
    let (add_on, flags) = match what {
        AddOnUpdate::UpdateKubeProxy(flags) => (AddOn::KubeProxy, flags),
        AddOnUpdate::UpdateCoredns(flags) => (AddOn::CoreDns, flags),
        AddOnUpdate::UpdateAwsNode(flags) => (AddOn::AwsNode, flags),
    };
    let timeout = settings::length("--timeout", &flags.timeout)?.0;
    let runtime = runtime::threads()?;
    // A kubeconfig that names no cluster is told before anything is asked of AWS.
    let connection = connection(&runtime, &flags.reach)?;
    let aws = connect(&runtime, &flags.account)?;
    let cluster = cluster(&runtime, &aws, flags.cluster())?;
    let minor = Minor::parse(&cluster.version)
        .ok_or_else(|| bad(format!("couldn't resolve control plane version {:?}", cluster.version)))?;
    let asked = Asked { add_on, flags, timeout, runtime, aws, minor };
    let known =
        patiently(&asked.runtime, || asked.aws.add_on(asked.flags.cluster(), asked.add_on.eks_name()))?;
    match known {
        Some(known) => managed::run(&asked, &known, printer),
        None => {
            asked.is_of(&cluster, &connection)?;
            objects::run(&asked, &connection, printer)
        }
    }
}

/// The cluster, if it is at rest.
fn cluster(runtime: &Runtime, aws: &Aws, name: &str) -> Result<EksCluster> {
    let found = patiently(runtime, || aws.cluster(name))?;
    let region = &aws.region;
    let found = found.ok_or_else(|| bad(format!("EKS knows no cluster {name:?} in region {region}")))?;
    if found.status != "ACTIVE" {
        let status = &found.status;
        return Err(bad(format!(
            "cannot update cluster {name:?} in {region:?} region due to status {status:?}"
        )));
    }
    Ok(found)
}

impl Asked<'_> {
    /// Error unless the connection is to this cluster.
    fn is_of(&self, cluster: &EksCluster, connection: &Connection) -> Result<()> {
        let (name, server) = (self.flags.cluster(), &connection.server);
        let serves = self.runtime.block_on(version(&connection.client));
        let serves = serves.map_err(|error| bad(error.to_string()))?;
        if Minor::of_version(&serves) != Some(self.minor) {
            return Err(bad(format!(
                "{server} serves {serves}, and cluster {name:?} is at {}: the kubeconfig names another cluster; name \
                 this one with --context",
                self.minor
            )));
        }
        let is_same = cluster
            .endpoint
            .as_ref()
            .is_none_or(|own| own.trim_end_matches('/') == server.trim_end_matches('/'));
        if !is_same && self.flags.reach.context.is_none() {
            return Err(bad(format!(
                "the current context is at {server}, and cluster {name:?} at {}; name the context of this cluster with \
                 --context",
                cluster.endpoint.as_deref().unwrap_or_default()
            )));
        }
        Ok(())
    }

    /// The version to update to: of kube-proxy the newest of the minor, of the others EKS's default.
    fn wanted(&self) -> Result<String> {
        let (name, minor) = (self.add_on.eks_name(), self.minor.to_string());
        let offered = patiently(&self.runtime, || self.aws.add_on_versions(name, &minor))?;
        let is_default = |(_, is_default): &&(String, bool)| *is_default && self.add_on != AddOn::KubeProxy;
        let default = offered.iter().find(is_default).map(|(version, _)| version.clone());
        let newest = || offered.iter().max_by_key(|(version, _)| BuildVersion::parse(version));
        default
            .or_else(|| newest().map(|(version, _)| version.clone()))
            .ok_or_else(|| bad(format!("no versions available for {name:?} and Kubernetes {}", self.minor)))
    }
}
