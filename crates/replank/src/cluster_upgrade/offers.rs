//! Versions of add-ons for the minors on the way: what EKS offers, or, without a service, what goes with the API server.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use replank_addons::{AddOn, BuildVersion};
use replank_core::cluster_upgrade::observed::Offered;
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_kube::Connection;
use replank_kube::lists::version;

use super::plane::{EksPlane, Plane, unread};

/// How long EKS's list counts: it changes a few times a month.
const COUNTS: Duration = Duration::from_mins(10);

/// A list of versions, when it was read.
type Read = (Instant, Vec<(String, bool)>);

/// Versions of add-ons.
pub(super) struct Offers {
    connection: Connection,
    known: RefCell<BTreeMap<(String, Minor), Read>>,
}

impl Offers {
    /// Of a cluster.
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, known: RefCell::default() }
    }

    /// Versions of an add-on that EKS manages, oldest first.
    pub(super) async fn managed(
        &self,
        plane: &Plane,
        name: &str,
        minor: Minor,
    ) -> Result<Offered, ReadError> {
        let Plane::Eks(plane) = plane else { return Ok(Offered::default()) };
        let offered = self.of_eks(plane, name, minor).await?;
        let default = offered.iter().find(|(_, is_default)| *is_default).or(offered.last());
        let default = default.map(|(version, _)| version.clone()).unwrap_or_default();
        Ok(Offered { versions: offered.into_iter().map(|(version, _)| version).collect(), default })
    }

    /// Versions of an add-on that is its owner's, oldest first: on EKS its newest kube-proxy of the minor, and of the others
    /// its default; elsewhere kube-proxy of the API server's own version, and no other.
    pub(super) async fn own(
        &self,
        plane: &Plane,
        add_on: AddOn,
        (minor, served): (Minor, Minor),
    ) -> Result<Offered, ReadError> {
        match (plane, add_on) {
            (Plane::Eks(plane), _) => {
                let offered = self.of_eks(plane, add_on.eks_name(), minor).await?;
                let is_default = |one: &&(String, bool)| one.1 && add_on != AddOn::KubeProxy;
                let default = offered.iter().find(is_default).or(offered.last());
                let default = default.map(|(version, _)| version.clone()).unwrap_or_default();
                Ok(Offered { versions: offered.into_iter().map(|(version, _)| version).collect(), default })
            }
            (Plane::Owner, AddOn::KubeProxy) => {
                // Which patch release it will be, the API server tells once it is there.
                let version = if minor == served { self.served().await? } else { format!("v{minor}.0") };
                Ok(Offered { versions: vec![version.clone()], default: version })
            }
            (Plane::Owner, AddOn::CoreDns | AddOn::AwsNode) => Ok(Offered::default()),
        }
    }

    /// The release of Kubernetes that the API server is.
    async fn served(&self) -> Result<String, ReadError> {
        let told = version(&self.connection.client).await.map_err(|error| ReadError(error.to_string()))?;
        Ok(told.split(['-', '+']).next().unwrap_or_default().to_owned())
    }

    async fn of_eks(
        &self,
        plane: &EksPlane,
        name: &str,
        minor: Minor,
    ) -> Result<Vec<(String, bool)>, ReadError> {
        let key = (name.to_owned(), minor);
        let known = self.known.borrow().get(&key).cloned();
        if let Some((_, offered)) = known.filter(|(at, _)| at.elapsed() < COUNTS) {
            return Ok(offered);
        }
        let asked = plane.aws.add_on_versions(name, &minor.to_string()).await;
        let mut offered = asked.map_err(|error| unread(&error))?;
        offered.sort_by_key(|(version, _)| BuildVersion::parse(version));
        self.known.borrow_mut().insert(key, (Instant::now(), offered.clone()));
        Ok(offered)
    }
}
