//! What every cloud behind the port has to keep to, as a check that tests run on each of them: the one of the embedded world,
//! which is also what kwok nodes come from, and Auto Scaling groups.

use std::future::Future;

use replank_core::action::{CloudAction, Leftovers, Replace};
use replank_core::names::{ImageId, InstanceId, UpdateId};
use replank_core::observed::{Answer, Group, Lifecycle, Observation, Refused};
use replank_core::sizes::Sizes;
use replank_core::template::TemplateContent;
use replank_engine::ports::Cloud;

/// Looks for one change at most.
const LOOKS: usize = 200;

/// A cloud with a group of two instances that may have one more, and with time that passes.
pub trait CloudUnderTest {
    /// What the engine drives.
    type Port: Cloud;

    /// What the engine drives, as it is now.
    fn port(&mut self) -> &mut Self::Port;

    /// Lets some time pass; the reading after it is a new one.
    fn pass(&mut self) -> impl Future<Output = ()>;
}

/// Checks a cloud whose group may launch `image`. The error says what is not kept to.
pub async fn check(stage: &mut impl CloudUnderTest, image: &ImageId) -> Result<(), String> {
    let mut check = Check { stage, seen: Observation::default() };
    check.sizes_are_changed_once_and_only_from_what_they_are().await?;
    check.a_termination_takes_its_place_along_once().await?;
    check.nothing_is_taken_from_a_group_at_its_minimum().await?;
    check.a_version_is_made_once_for_a_token(image).await?;
    check.a_replacement_runs_what_the_group_points_at(image).await
}

struct Check<'a, S> {
    stage: &'a mut S,
    seen: Observation,
}

/// An error unless a law holds.
fn holds(law: bool, said: impl Into<String>) -> Result<(), String> {
    if law { Ok(()) } else { Err(said.into()) }
}

fn is_changed(answer: &Answer) -> bool {
    matches!(answer, Answer::NotYet(Refused::Changed { .. } | Refused::Other { .. }))
}

/// An error unless an act is done at the first time, and done or found to be no more than changed at the second.
fn twice(what: &str, answers: &[Answer]) -> Result<(), String> {
    let is_done = |(at, answer): (usize, &Answer)| *answer == Answer::Done || (at > 0 && is_changed(answer));
    holds(answers.iter().enumerate().all(is_done), format!("{what}, made and repeated: {answers:?}"))
}

impl<S: CloudUnderTest> Check<'_, S> {
    async fn look(&mut self) -> Result<Group, String> {
        self.stage.pass().await;
        let read = self.stage.port().observe(&mut self.seen).await;
        read.map_err(|error| error.to_string())?;
        self.seen.group.clone().ok_or_else(|| "a reading that succeeded shows no group".to_owned())
    }

    async fn act(&mut self, action: &CloudAction) -> Answer {
        self.stage.port().perform(action).await
    }

    async fn act_twice(&mut self, action: &CloudAction) -> [Answer; 2] {
        [self.act(action).await, self.act(action).await]
    }

    /// Looks until it is so.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Observation) -> bool) -> Result<Group, String> {
        for _ in 0..LOOKS {
            let group = self.look().await?;
            if is_so(&self.seen) {
                return Ok(group);
            }
        }
        Err(format!("{what} never came"))
    }

    /// Members that serve as far as the cloud tells.
    async fn settled(&mut self, count: usize) -> Result<Group, String> {
        self.until(&format!("a group of {count} in service"), |seen| members(seen) == (count, count)).await
    }

    fn first(&self) -> Option<InstanceId> {
        self.seen.members.iter().find(|(_, member)| member.instance.is_some()).map(|(id, _)| id.clone())
    }

    async fn sizes_are_changed_once_and_only_from_what_they_are(&mut self) -> Result<(), String> {
        let from = self.settled(2).await?.sizes;
        let to = Sizes { desired: from.desired + 1, max: from.max.max(from.desired + 1), ..from };
        let wrong = Sizes { desired: from.desired + 2, max: from.max + 9, ..from };
        let answer = self.act(&CloudAction::SetSizes { from: wrong, to }).await;
        holds(is_changed(&answer), format!("sizes were changed from others than expected: {answer:?}"))?;
        holds(self.look().await?.sizes == from, "a refused change of sizes changed them")?;
        twice("a change of sizes", &self.act_twice(&CloudAction::SetSizes { from, to }).await)?;
        holds(self.settled(3).await?.sizes == to, "a repeated change of sizes is made twice")
    }

    async fn a_termination_takes_its_place_along_once(&mut self) -> Result<(), String> {
        let sizes = self.settled(3).await?.sizes;
        let instance = self.first().ok_or("no member")?;
        twice("a termination", &self.act_twice(&terminate(&instance, Replace::No)).await)?;
        let group = self.settled(2).await?;
        holds(group.sizes.desired + 1 == sizes.desired, "a repeated termination took a second place")?;
        holds(self.seen.members.get(&instance).is_none_or(|it| it.instance.is_none()), "it is still told")?;
        let answer = self.act(&terminate(&instance, Replace::No)).await;
        holds(answer == Answer::Done, format!("the end of an instance that is gone is done: {answer:?}"))?;
        holds(self.look().await?.sizes == group.sizes, "an instance that is gone took another place")
    }

    async fn nothing_is_taken_from_a_group_at_its_minimum(&mut self) -> Result<(), String> {
        let from = self.settled(2).await?.sizes;
        let to = Sizes { min: from.desired, ..from };
        let answer = self.act(&CloudAction::SetSizes { from, to }).await;
        holds(answer == Answer::Done, format!("a minimum can be raised: {answer:?}"))?;
        self.until("the minimum", |seen| seen.group.as_ref().is_some_and(|group| group.sizes == to)).await?;
        let instance = self.first().ok_or("no member")?;
        let answer = self.act(&terminate(&instance, Replace::No)).await;
        holds(answer != Answer::Done, "a place was taken from a group at its minimum")?;
        holds(self.settled(2).await?.sizes == to, "a refused termination changed the sizes")?;
        holds(
            self.seen.members.get(&instance).is_some_and(|it| it.instance.is_some()),
            "and took the instance",
        )?;
        let answer = self.act(&CloudAction::SetSizes { from: to, to: from }).await;
        holds(answer == Answer::Done, format!("and lowered: {answer:?}"))
    }

    async fn a_version_is_made_once_for_a_token(&mut self, image: &ImageId) -> Result<(), String> {
        let group = self.settled(2).await?;
        let Some(now) = group.versions.get(&group.version) else {
            return Err("its version is not told".into());
        };
        let content = TemplateContent { image: image.clone(), ..now.clone() };
        let action = CloudAction::CreateVersion {
            template: group.template.clone(),
            content: content.clone(),
            token: UpdateId::new("contract"),
        };
        twice("a version", &self.act_twice(&action).await)?;
        let wanted = group.versions.len() + 1;
        let after = self
            .until("the version", |seen| seen.group.as_ref().is_some_and(|it| it.versions.len() >= wanted));
        let after = after.await?;
        holds(after.versions.len() == wanted, "one token made two versions")?;
        holds(
            after.versions.values().any(|made| *made == content),
            "the version has another content than asked",
        )?;
        holds(after.version == group.version, "a new version is launched before the group points at it")
    }

    async fn a_replacement_runs_what_the_group_points_at(&mut self, image: &ImageId) -> Result<(), String> {
        let group = self.settled(2).await?;
        let found = group.versions.iter().find(|(_, content)| content.image == *image);
        let (from, to) = (group.version, *found.ok_or("the version is gone")?.0);
        let answer = self.act(&CloudAction::PointGroup { from: to + 7, to }).await;
        holds(
            is_changed(&answer),
            format!("a group was pointed from another version than expected: {answer:?}"),
        )?;
        twice("pointing a group", &self.act_twice(&CloudAction::PointGroup { from, to }).await)?;
        let pointed = |seen: &Observation| seen.group.as_ref().is_some_and(|group| group.version == to);
        let before = self.until("the version pointed at", pointed).await?.sizes;
        let instance = self.first().ok_or("no member")?;
        let answer = self.act(&terminate(&instance, Replace::Yes)).await;
        holds(answer == Answer::Done, format!("an instance is replaced: {answer:?}"))?;
        let replaced = move |seen: &Observation| {
            let new = seen.members.iter().filter_map(|(_, member)| member.instance.as_ref());
            members(seen) == (2, 2) && new.filter(|it| it.version == to).count() == 1
        };
        let after = self.until("a replacement of the version pointed at", replaced).await?;
        holds(after.sizes == before, "a replacement changed the sizes")
    }
}

/// How many members are told, and how many of them are in service.
fn members(seen: &Observation) -> (usize, usize) {
    let told = seen.members.iter().filter_map(|(_, member)| member.instance.as_ref());
    let serves: Vec<bool> = told.map(|it| it.lifecycle == Lifecycle::InService).collect();
    (serves.len(), serves.iter().filter(|serves| **serves).count())
}

fn terminate(instance: &InstanceId, replace: Replace) -> CloudAction {
    let (instance, leftovers) = (instance.clone(), Leftovers::None);
    CloudAction::Terminate { instance, node: None, replace, leftovers, with: Vec::new() }
}
