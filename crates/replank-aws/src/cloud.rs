//! The engine's cloud port on an Auto Scaling group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use replank_core::action::CloudAction;
use replank_core::names::{ImageId, InstanceId};
use replank_core::observed::{Answer, Lifecycle, Observation};
use replank_core::template::TemplateContent;
use replank_engine::ports::{Cloud, ReadError};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::failure::FailureKind;
use crate::group::ScalingGroup;
use crate::read::ReadGroupError;
use crate::view::View;
use crate::{Aws, act, hooks, joins, read};

/// How often it is looked whether a look is due; asks nobody.
const TICK: Duration = Duration::from_secs(1);

/// How old a reading may be that is used again instead of another call.
const MOMENT: Duration = Duration::from_secs(10);

/// How old a reading may be for an act that would do harm on an older one.
const TURN: Duration = Duration::from_secs(3);

/// The cloud port for one Auto Scaling group.
#[derive(Clone, Debug)]
pub struct AwsCloud {
    pub(crate) aws: Arc<Aws>,
    /// Name of the Auto Scaling group.
    pub(crate) name: Arc<str>,
    view: Arc<Mutex<View>>,
    /// Instances that were told to the engine.
    told: BTreeSet<InstanceId>,
}

impl AwsCloud {
    /// The port for the group of that name. Nothing is read yet.
    pub fn new(aws: Arc<Aws>, name: &str) -> Self {
        let view = View { launches_by_zone: true, ..View::default() };
        let view = Arc::new(Mutex::new(view));
        Self { aws, name: name.into(), view, told: BTreeSet::new() }
    }

    /// Makes the next look due at once: something that it would show has happened.
    pub fn look_soon(&self) {
        self.view().make_stale();
    }

    /// What is known of the group, for as long as anybody looks at it.
    pub(crate) fn watched(&self) -> Weak<Mutex<View>> {
        Arc::downgrade(&self.view)
    }

    /// Says which instances an earlier process drained, so that hooks are answered for them when they terminate.
    pub fn were_drained(&self, instances: impl Iterator<Item = InstanceId>) {
        self.view().ended.extend(instances.map(|id| id.to_string()));
    }

    /// Whether what the group launches differs from `target` in more than the image; `None` before the first reading.
    pub fn changes_more_than_the_image(&self, target: &TemplateContent) -> Option<bool> {
        let view = self.view();
        let launches = view.launches()?;
        let now = launches.versions().remove(&launches.version()?)?;
        Some(now.settings != target.settings)
    }

    /// Whether no version of the group's template has this content yet.
    pub fn makes_version(&self, target: &TemplateContent) -> bool {
        let view = self.view();
        view.launches().is_some_and(|launches| !launches.versions().values().any(|content| content == target))
    }

    /// The instances that stand, each with the image that it runs, or without one where it has the image of `target` and
    /// is old all the same.
    pub fn images(&self, target: &TemplateContent) -> BTreeMap<InstanceId, Option<ImageId>> {
        let view = self.view();
        let Some(launches) = view.launches() else { return BTreeMap::new() };
        let versions = launches.versions();
        let standing = launches.group.instances.iter().filter(|it| it.lifecycle != Lifecycle::Terminating);
        standing
            .map(|instance| {
                let known = view.images.get(&instance.id).or(instance.image.as_ref());
                let image = known.map(|image| ImageId::new(image.as_str()));
                let is_new = versions.get(&launches.version_of(instance)) == Some(target);
                let told = image.filter(|image| is_new || *image != target.image);
                (InstanceId::new(instance.id.as_str()), told)
            })
            .collect()
    }

    /// Ids of the instances that were seen.
    pub fn knows(&self, instance: &str) -> bool {
        self.view().group.as_ref().is_some_and(|group| group.instance(instance).is_some())
    }

    /// Changes when a look is due, so that a turn begins.
    pub fn due(&self, runtime: &Handle) -> watch::Receiver<()> {
        let (tell, told) = watch::channel(());
        let view = self.watched();
        runtime.spawn(async move {
            while let Some(view) = view.upgrade() {
                if is_due(&view.lock().unwrap_or_else(PoisonError::into_inner)) && tell.send(()).is_err() {
                    return;
                }
                drop(view);
                tokio::time::sleep(TICK).await;
            }
        });
        told
    }

    /// Why the group cannot be read, with what to do where only a person can.
    fn unread(&self, error: &ReadGroupError) -> String {
        match error {
            ReadGroupError::Failed(failure) if failure.kind == FailureKind::Credentials => {
                format!("the credentials are not valid any more, {failure}; {}", self.aws.renewal)
            }
            other => other.to_string(),
        }
    }

    /// The group as it was read a moment ago, else read now: for what is looked at before an update begins.
    pub(crate) async fn group_now(&self) -> Result<ScalingGroup, ReadGroupError> {
        let known = {
            let view = self.view();
            let is_fresh = !view.is_stale && view.read_at.is_some_and(|at| at.elapsed() < MOMENT);
            let glanced = view.glanced.as_ref().filter(|(_, at)| at.elapsed() < MOMENT);
            glanced.map(|(group, _)| group.clone()).or_else(|| view.group.clone().filter(|_| is_fresh))
        };
        match known {
            Some(group) => Ok(group),
            None => {
                let group = read::describe(&self.aws, &self.name).await?;
                self.view().glanced = Some((group.clone(), Instant::now()));
                Ok(group)
            }
        }
    }

    /// The group, if it was read for this turn and nothing was asked of it since whose answer is not known.
    pub(crate) fn just_read(&self) -> Option<ScalingGroup> {
        let view = self.view();
        let is_fresh = !view.is_stale && view.read_at.is_some_and(|at| at.elapsed() < TURN);
        view.group.clone().filter(|_| is_fresh)
    }

    pub(crate) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_due(view: &View) -> bool {
    view.read_at.is_none_or(|at| at.elapsed() >= view.pause())
}

impl Cloud for AwsCloud {
    /// Reads the group, if a look is due.
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        if !is_due(&self.view()) {
            // What was last read stands, and so does why it could not be.
            return self.view().unread.clone().map_or(Ok(()), Err);
        }
        let read = match read::group(self).await {
            Ok(()) => hooks::beside(self, seen).await.map_err(ReadGroupError::from),
            Err(error) => Err(error),
        };
        let read = read.map_err(|error| ReadError(self.unread(&error)));
        if read.is_ok() {
            joins::look(self, seen).await;
        }
        let mut view = self.view();
        view.unread = read.clone().err();
        if read.is_err() {
            // The next try is not before the usual pause, whatever the turns do meanwhile.
            view.read_at = Some(Instant::now());
        }
        read
    }

    fn tell(&mut self, into: &mut Observation) {
        let (group, instances) = {
            let view = self.view();
            (view.observed(), view.instances())
        };
        into.not_joined.clone_from(&self.view().late.troubles);
        // A group that has lost what it launches from was told as an error of the reading.
        let Some(group) = group else { return };
        into.group = Some(group);
        let here: BTreeSet<InstanceId> = instances.iter().map(|instance| instance.id.clone()).collect();
        self.told.difference(&here).for_each(|gone| into.members.remove_instance(gone));
        for instance in instances {
            let known = into.members.get(&instance.id).and_then(|member| member.instance.as_ref());
            if known != Some(&instance) {
                into.members.put_instance(instance);
            }
        }
        self.told = here;
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        match action {
            CloudAction::CreateVersion { template, content, token } => {
                Box::pin(act::create_version(self, template.as_str(), content, token.as_str())).await
            }
            CloudAction::PointGroup { from, to } => Box::pin(act::point(self, *from, *to)).await,
            CloudAction::SetSizes { from, to } => Box::pin(act::set_sizes(self, *from, *to)).await,
            CloudAction::Terminate { instance, replace, .. } => {
                Box::pin(act::terminate(self, instance.as_str(), *replace)).await
            }
        }
    }
}
