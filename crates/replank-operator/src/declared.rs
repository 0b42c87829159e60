//! What is asked of updates by others than `kubectl`, written into the objects that declare them: the controller then does
//! it as it does everything that is declared.

use std::time::Duration;

use kube::api::{Api, ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use replank_core::draw::stable_hash;
use replank_core::node_group::rollout::GiveBack;
use replank_engine::commands::{CommandKind, Stays, TargetAfter};
use replank_kube::failure;
use replank_service::ports::declarations::{Declarations, Declared as Answer};
use replank_service::records::NodeOrder;
use replank_service::start_update::StartUpdate;
use replank_service::{Refusal, RefusalKind};
use serde_json::{Value, json};

use crate::api::{ForceRule, NodeGroupUpdate, NodeGroupUpdateSpec, Order, Strategy, UpdatePolicy};
use crate::governing::Governing;

/// Who asked last for something by another way than `kubectl`, and for what.
const ASKED_BY: &str = "replank.dev/asked-by";
/// Field manager of these writes.
const FIELD_MANAGER: &str = "replank-dashboard";
/// Time limit for a request.
const DEADLINE: Duration = Duration::from_secs(15);

/// The objects that declare updates.
#[derive(Clone, Debug)]
pub struct Declared {
    updates: Api<NodeGroupUpdate>,
    /// The same as they are sent when they are made.
    made: Api<DynamicObject>,
    policies: Api<UpdatePolicy>,
}

impl Declared {
    /// Those of a cluster.
    pub fn new(client: &Client) -> Self {
        let made = Api::all_with(client.clone(), &ApiResource::erase::<NodeGroupUpdate>(&()));
        Self { updates: Api::all(client.clone()), made, policies: Api::all(client.clone()) }
    }

    /// The object of an update.
    async fn of(&self, update: &str) -> Result<NodeGroupUpdate, Refusal> {
        let all = within(self.updates.list(&ListParams::default())).await?;
        let found = all.items.into_iter().find(|it| it.uid().as_deref() == Some(update));
        found.ok_or_else(|| {
            let said = format!("No object declares update {update} any more, so nothing can be asked of it.");
            Refusal::new(RefusalKind::NotFound, said)
        })
    }

    async fn write(&self, by: &str, update: &str, wish: CommandKind) -> Result<(), Refusal> {
        let (field, value) = field(wish)?;
        let object = self.of(update).await?;
        if matches!(wish, CommandKind::Resume) && !object.spec.paused {
            let said = "Nobody paused it: it waits for its window, as its policy has it.";
            return Err(Refusal::new(RefusalKind::InvalidRequest, said));
        }
        if matches!(wish, CommandKind::Force) {
            self.lets_force(&object.spec).await?;
        }
        // The uid makes it fail for another object of the same name.
        let patch = json!({
            "metadata": {"uid": update, "annotations": {ASKED_BY: format!("{by}: {field} {value}")}},
            "spec": {field: value},
        });
        let how = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        within(self.updates.patch(&object.name_any(), &how, &Patch::Merge(&patch))).await.map(drop)
    }

    async fn lets_force(&self, spec: &NodeGroupUpdateSpec) -> Result<(), Refusal> {
        let policies = within(self.policies.list(&ListParams::default())).await?.items;
        let governing = Governing::of(spec, &policies).map_err(Refusal::invalid)?;
        match (governing.spec.force, governing.name) {
            (ForceRule::Forbidden, Some(policy)) => {
                let said = format!("Policy {policy} forbids force.");
                Err(Refusal::new(RefusalKind::InvalidRequest, said))
            }
            (ForceRule::Forbidden | ForceRule::Allowed, _) => Ok(()),
        }
    }

    async fn create(&self, by: &str, asked: &StartUpdate) -> Result<String, Refusal> {
        let mut object = NodeGroupUpdate::new(&name(asked), spec(asked)?);
        object.annotations_mut().insert(ASKED_BY.to_owned(), format!("{by}: approved true"));
        let object = plain(&object)?;
        let how = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let created = match tokio::time::timeout(DEADLINE, self.made.create(&how, &object)).await {
            Ok(Err(kube::Error::Api(status))) if status.reason == "AlreadyExists" => {
                within(self.made.get(&object.name_any())).await?
            }
            Ok(answered) => answered.map_err(|error| Refusal::invalid(failure(&error)))?,
            Err(_) => return Err(late()),
        };
        created.uid().ok_or_else(|| Refusal::new(RefusalKind::Server, "The object that was made has no uid."))
    }
}

impl Declarations for Declared {
    fn ask<'a>(&'a self, by: &'a str, update: &'a str, wish: CommandKind) -> Answer<'a, ()> {
        Box::pin(self.write(by, update, wish))
    }

    fn begin<'a>(&'a self, by: &'a str, asked: &'a StartUpdate) -> Answer<'a, String> {
        Box::pin(self.create(by, asked))
    }
}

/// The field of the spec that a wish is, and its value. Some wishes have none.
fn field(wish: CommandKind) -> Result<(&'static str, bool), Refusal> {
    match wish {
        CommandKind::Pause { in_work: GiveBack::No } => Ok(("paused", true)),
        CommandKind::Pause { in_work: GiveBack::Yes } => Err(Refusal::invalid(
            "uncordon: an update that is declared finishes the nodes in work; pause it without",
        )),
        CommandKind::Resume => Ok(("paused", false)),
        CommandKind::Cancel { in_work: GiveBack::No, target: TargetAfter::Restored, stays: Stays::Old } => {
            Ok(("cancelled", true))
        }
        CommandKind::Cancel { .. } => Err(Refusal::invalid(
            "uncordon, keep_new, restore_target: an update that is declared finishes the nodes in work, and old nodes \
             stay; cancel it without",
        )),
        CommandKind::Force => Ok(("force", true)),
    }
}

/// The name of the object: the same for the same token, so that a form that is sent twice declares one update.
fn name(asked: &StartUpdate) -> String {
    let token = asked.token.clone().unwrap_or_else(replank_service::uuid);
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let group: String = asked.group.chars().map(letter).collect();
    format!("{}-{:08x}", group.trim_matches('-'), stable_hash(token.bytes()) as u32)
}

/// The object's spec. The service checks the rest before it begins.
fn spec(asked: &StartUpdate) -> Result<NodeGroupUpdateSpec, Refusal> {
    if asked.template.is_some() {
        let said = "launchTemplateVersion: declare the update with kubectl, with launchTemplate in its spec";
        return Err(Refusal::invalid(said));
    }
    let config = &asked.config;
    let share = config.max_unavailable_percentage.map(|share| Value::from(format!("{share}%")));
    Ok(NodeGroupUpdateSpec {
        node_group: asked.group.clone(),
        kubernetes_version: asked.version.clone(),
        release_version: asked.release_version.clone(),
        max_unavailable: config.max_unavailable.map(Value::from).or(share),
        strategy: config.update_strategy.as_deref().map(strategy).transpose()?,
        order: asked.order.map(|order| match order {
            NodeOrder::Random => Order::Random,
            NodeOrder::ZoneByZone => Order::ZoneByZone,
            NodeOrder::Oldest => Order::Oldest,
            NodeOrder::Emptiest => Order::Emptiest,
        }),
        force: asked.force,
        approved: true,
        ..NodeGroupUpdateSpec::default()
    })
}

fn strategy(word: &str) -> Result<Strategy, Refusal> {
    match word {
        "DEFAULT" => Ok(Strategy::Default),
        "MINIMAL" => Ok(Strategy::Minimal),
        "REPLACE" => Ok(Strategy::Replace),
        other => Err(Refusal::invalid(format!("strategy: {other} is none of DEFAULT, MINIMAL and REPLACE"))),
    }
}

/// An object as it is sent: the definition takes no null in the place of what is left out.
fn plain(object: &NodeGroupUpdate) -> Result<DynamicObject, Refusal> {
    let mut value = json!(object);
    without_nulls(&mut value);
    let read = serde_json::from_value(value);
    read.map_err(|error| Refusal::new(RefusalKind::Server, format!("The object cannot be written: {error}")))
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(without_nulls);
    }
}

async fn within<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Refusal> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(answered) => answered.map_err(|error| Refusal::new(RefusalKind::Server, failure(&error))),
        Err(_) => Err(late()),
    }
}

fn late() -> Refusal {
    Refusal::new(
        RefusalKind::Server,
        format!("The API server did not answer within {} s.", DEADLINE.as_secs()),
    )
}

#[cfg(test)]
mod tests {
    use replank_service::records::UpdateConfigChange;

    use super::*;

    #[test]
    fn what_an_object_has_no_word_for_is_refused() {
        let cancel = |in_work, target, stays| field(CommandKind::Cancel { in_work, target, stays });
        assert_eq!(cancel(GiveBack::No, TargetAfter::Restored, Stays::Old).unwrap(), ("cancelled", true));
        for refused in [
            cancel(GiveBack::Yes, TargetAfter::Restored, Stays::Old),
            cancel(GiveBack::No, TargetAfter::Stays, Stays::New),
            field(CommandKind::Pause { in_work: GiveBack::Yes }),
        ] {
            assert!(refused.unwrap_err().message.contains("uncordon"));
        }
    }

    #[test]
    fn the_same_token_declares_the_same_object() {
        let config =
            UpdateConfigChange { max_unavailable_percentage: Some(33), ..UpdateConfigChange::default() };
        let asked = |token: &str| StartUpdate {
            group: "Web_1".into(),
            token: Some(token.into()),
            config: config.clone(),
            ..StartUpdate::default()
        };
        assert_eq!(name(&asked("a")), name(&asked("a")));
        assert_ne!(name(&asked("a")), name(&asked("b")));
        assert!(name(&asked("a")).starts_with("web-1-"), "{}", name(&asked("a")));
        let spec = spec(&asked("a")).unwrap();
        assert_eq!((spec.max_unavailable.clone(), spec.approved), (Some(json!("33%")), true));
        let sent = json!(plain(&NodeGroupUpdate::new("u", spec)).unwrap());
        assert!(!sent.to_string().contains("null") && sent["kind"] == "NodeGroupUpdate", "{sent}");
    }
}
