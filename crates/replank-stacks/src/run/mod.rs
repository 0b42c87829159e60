//! Carrying out what stacks are asked for: whatever is in progress on record goes on from where it is, after a kill too.
//!
//! Every request is noted before it is made and carries a token, so that making it again changes nothing.

mod forward;
mod outcome;
mod pass;
mod removal;
#[cfg(test)]
mod tests;

use replank_service::uuid_of;
use tracing::warn;

use crate::error::StackError;
use crate::port::Api;
use crate::record::{Phase, Resource, Stack, Work, all};
use crate::resource::{Act, Job};
use crate::template::Pseudo;

pub use pass::{begin_pass, begin_removal, give_up};

/// Most steps of one stack in a row, so that the others come to their turn.
const IN_A_ROW: u32 = 200;

/// When stacks are to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Again {
    /// When somebody asks for something: all are at rest.
    WhenAsked,
    /// When one cannot go on for a fault of this machine, such as a full disk.
    Later,
    /// While requests are carried out.
    Soon,
}

/// Takes every stack as far as it goes now.
pub async fn turn<P: Api>(api: &P) -> Again {
    let mut again = Again::WhenAsked;
    for stack in all(api.records()).into_iter().filter(Stack::is_busy) {
        again = again.max(match stack_turn(api, &stack).await {
            Ok(true) => Again::Soon,
            Ok(false) => Again::WhenAsked,
            Err(refused) => {
                warn!(stack = %stack.name, "the stack does not go on: {refused}");
                Again::Later
            }
        });
    }
    again
}

async fn stack_turn<P: Api>(api: &P, stack: &Stack) -> Result<bool, StackError> {
    for _ in 0..IN_A_ROW {
        let now = crate::record::find(api.records(), &stack.id)?;
        let has_moved = match now.status.phase() {
            Phase::Forward | Phase::Back => forward::step(api, &now).await?,
            Phase::Cleanup | Phase::Removal => removal::step(api, &now).await?,
            Phase::Rest => return Ok(false),
        };
        if !has_moved {
            break;
        }
    }
    Ok(true)
}

/// Pseudo parameters of a stack.
pub async fn pseudo<P: Api>(api: &P, name: &str, id: &str) -> Pseudo {
    let identity = api.identity();
    Pseudo {
        account: identity.account.clone(),
        region: identity.region.clone(),
        stack_id: id.to_owned(),
        stack_name: name.to_owned(),
        zones: api.zones().await,
        exports: crate::record::exports(api.records()),
    }
}

/// The job that a resource's work is.
fn job<'a>(stack: &'a Stack, resource: &'a Resource, work: &'a Work) -> Job<'a> {
    let Resource { logical, kind, physical, properties, .. } = resource;
    // A removal is known by what it removes: two leavings of one resource are two removals.
    let what = match work.act {
        Act::Delete => physical.as_deref().unwrap_or_default(),
        Act::Create | Act::Update => logical,
    };
    let said = format!("{} {} {:?} {what} {}", stack.uuid(), stack.pass, work.act, work.step);
    Job {
        act: work.act,
        stack: &stack.name,
        logical,
        kind,
        physical: physical.as_deref(),
        old: &work.old,
        new: properties,
        token: uuid_of(&said),
        step: work.step,
        is_rollback: stack.status.phase() == Phase::Back,
    }
}
