//! The people of a real cluster, as its API server knows them.

use replank_kube::Connection;
use replank_kube::review::{self, Asked, User};
use replank_server::entrance::Right;
use replank_server::people::{Person, Reviewed, Reviewer, Unreviewed};
use secrecy::{ExposeSecret, SecretString};

use crate::cli::Others;

const GROUP: &str = "replank.dev";
const UPDATES: &str = "nodegroupupdates";
/// What whoever acts has to be let do by the cluster: what a page does is as if they had done it with `kubectl`.
const ACTS: [Asked; 2] = [
    Asked { verb: "create", group: GROUP, resource: UPDATES },
    Asked { verb: "patch", group: GROUP, resource: UPDATES },
];
/// What whoever looks has to be let do, where not everybody may.
const LOOKS: Asked = Asked { verb: "list", group: GROUP, resource: UPDATES };

/// Asks the API server.
pub(super) struct ClusterReviewer {
    pub(super) connection: Connection,
    pub(super) audience: Option<String>,
    pub(super) others: Others,
}

impl ClusterReviewer {
    async fn right_of(&self, person: &Person) -> Result<Option<Right>, String> {
        let user = User {
            username: person.name.clone(),
            uid: person.uid.clone(),
            groups: person.groups.clone(),
            extra: person.extra.clone(),
        };
        let may = async |asked| review::may(&self.connection.client, &user, asked).await;
        let [creates, patches] = ACTS;
        if may(creates).await? && may(patches).await? {
            return Ok(Some(Right::Acts));
        }
        let looks = match self.others {
            Others::Look => true,
            Others::Nothing => may(LOOKS).await?,
        };
        Ok(looks.then_some(Right::Looks))
    }
}

impl Reviewer for ClusterReviewer {
    fn whose<'a>(&'a self, token: &'a SecretString) -> Reviewed<'a, Option<Person>> {
        Box::pin(async move {
            let whose =
                review::whose(&self.connection.client, token.expose_secret(), self.audience.as_deref()).await;
            let person = |user: User| {
                let User { username: name, uid, groups, extra } = user;
                Person { name, uid, groups, extra }
            };
            whose.map(|user| user.map(person)).map_err(Unreviewed)
        })
    }

    fn right<'a>(&'a self, person: &'a Person) -> Reviewed<'a, Option<Right>> {
        Box::pin(async move { self.right_of(person).await.map_err(Unreviewed) })
    }
}
