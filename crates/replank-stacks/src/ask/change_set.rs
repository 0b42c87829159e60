//! Change sets: made, executed, deleted.

use super::create::{asked, fresh};
use super::diff::{Diff, diff};
use super::update::{set_out, takes_update};
use super::{Request, check_name, shape};
use crate::error::{Code, StackError};
use crate::port::Api;
use crate::record::{
    ChangeSet, ChangeSetStatus, ExecutionStatus, Stack, StackStatus, live, note_stack, put, put_in,
};
use crate::run::begin_pass;

/// Whether a change set is for a new stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// For a stack that is not there yet.
    Create,
    /// For a stack that is there.
    #[default]
    Update,
}

/// What `CreateChangeSet` is called with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSetRequest {
    /// What the stack is to be.
    pub request: Request,
    /// Name of the change set.
    pub name: String,
    /// Text of the user for other people; nothing depends on it.
    pub description: Option<String>,
    /// Whether it is for a new stack.
    pub kind: Kind,
}

/// Ids of a change set and its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Id of the change set.
    pub id: String,
    /// Id of the stack.
    pub stack: String,
}

/// Makes a change set. One that changes nothing is kept and says so.
pub async fn create_change_set<P: Api>(api: &P, asked: &ChangeSetRequest) -> Result<Created, StackError> {
    check_name("changeSetName", &asked.name)?;
    let request = &asked.request;
    let known = match crate::record::find(api.records(), &request.name) {
        Ok(stack) => Some(stack),
        Err(refused) if asked.kind == Kind::Update => return Err(refused),
        Err(_) => None,
    };
    let stack = match (known, asked.kind) {
        (Some(stack), Kind::Update) => {
            takes_update(&stack)?;
            stack
        }
        (Some(stack), Kind::Create) if stack.status == StackStatus::ReviewInProgress => stack,
        (Some(stack), Kind::Create) => {
            let said = format!(
                "Stack [{}] already exists and cannot be created again with the changeSet [{}].",
                stack.name, asked.name
            );
            return Err(StackError::invalid(said));
        }
        (None, _) => {
            check_name("stackName", &request.name)?;
            fresh(api, &request.name)
        }
    };
    if ChangeSet::of(api.records(), &stack).iter().any(|it| it.name == asked.name) {
        let said = format!(
            "ChangeSet {} cannot be created due to a mismatch with existing attribute Template",
            asked.name
        );
        return Err(StackError::new(Code::AlreadyExists, said));
    }
    let before = (asked.kind == Kind::Update).then_some(&stack.shape);
    let (template, shape) = shape(api, request, before, (&stack.name, &stack.id)).await?;
    let diff = diff(api, &stack, &template, &shape).await?;
    let set = change_set(api, asked, &stack, shape, diff);
    let outcome = api.records().change(|change| {
        let is_new = change_is_new(api, &stack)?;
        if is_new {
            let mut stack = stack.clone();
            stack.reason = Some("User Initiated".into());
            note_stack(change, &mut stack);
            put_in(change, &stack);
        }
        set.put(change);
        Ok::<_, StackError>(Created { id: set.id.clone(), stack: stack.id.clone() })
    });
    Ok(outcome?)
}

/// Whether the stack of a change set is to be put on record; refused when another one came first.
fn change_is_new<P: Api>(api: &P, stack: &Stack) -> Result<bool, StackError> {
    match live(api.records(), &stack.name) {
        Some(other) if other.id != stack.id => {
            Err(StackError::new(Code::AlreadyExists, format!("Stack [{}] already exists", stack.name)))
        }
        Some(_) => Ok(false),
        None => Ok(true),
    }
}

fn change_set<P: Api>(
    api: &P,
    asked: &ChangeSetRequest,
    stack: &Stack,
    shape: crate::record::Shape,
    diff: Diff,
) -> ChangeSet {
    let identity = api.identity();
    let place = format!("arn:aws:cloudformation:{}:{}:changeSet", identity.region, identity.account);
    let is_empty = diff.is_empty();
    // These words are what clients look for.
    let said = "The submitted information didn't contain changes. Submit different information to create a change set.";
    ChangeSet {
        id: format!("{place}/{}/{}", asked.name, replank_service::uuid()),
        name: asked.name.clone(),
        stack: stack.id.clone(),
        description: asked.description.clone(),
        created_at: replank_service::now().to_string(),
        status: if is_empty { ChangeSetStatus::Failed } else { ChangeSetStatus::CreateComplete },
        reason: is_empty.then(|| said.to_owned()),
        execution: if is_empty { ExecutionStatus::Unavailable } else { ExecutionStatus::Available },
        shape,
        changes: diff.changes,
        keeps_failures: asked.request.keeps_failures,
        role: asked.request.role.clone(),
        topics: asked.request.topics.clone(),
    }
}

/// Carries a change set out.
pub fn execute_change_set<P: Api>(
    api: &P,
    named: &str,
    stack: Option<&str>,
    keeps_failures: bool,
    token: Option<String>,
) -> Result<(), StackError> {
    let set = ChangeSet::find(api.records(), named, stack)?;
    if set.execution != ExecutionStatus::Available {
        let said = match set.execution {
            ExecutionStatus::Obsolete => "The stack has changed since it was made.",
            ExecutionStatus::Unavailable | ExecutionStatus::Available | ExecutionStatus::ExecuteComplete => {
                ""
            }
        };
        let status = match (set.status, set.execution) {
            (ChangeSetStatus::Failed, _) => "FAILED",
            (ChangeSetStatus::CreateComplete, ExecutionStatus::Obsolete) => "OBSOLETE",
            (ChangeSetStatus::CreateComplete, _) => "EXECUTE_COMPLETE",
        };
        let said =
            format!("ChangeSet [{}] cannot be executed in its current status of [{status}] {said}", set.id);
        return Err(StackError::new(Code::InvalidChangeSetStatus, said.trim_end()));
    }
    let stack = crate::record::find(api.records(), &set.stack)?;
    let others = ChangeSet::of(api.records(), &stack);
    put(api.records(), &stack, |change, now| {
        let request = Request {
            keeps_failures: keeps_failures || set.keeps_failures,
            role: set.role.clone(),
            topics: set.topics.clone(),
            token,
            ..Request::default()
        };
        let said = Some("User Initiated".to_owned());
        now.change_set = Some(set.id.clone());
        if now.status == StackStatus::ReviewInProgress {
            asked(now, &request, set.shape.clone());
            begin_pass(change, now, StackStatus::CreateInProgress, said);
        } else {
            takes_update(now)?;
            set_out(now, &request, set.shape.clone());
            begin_pass(change, now, StackStatus::UpdateInProgress, said);
        }
        // The others were made for what the stack was (CloudFormation deletes them).
        others.iter().filter(|it| it.id != set.id).for_each(|it| change.remove(it.key()));
        ChangeSet { execution: ExecutionStatus::ExecuteComplete, ..set }.put(change);
        Ok(())
    })
}

/// Deletes a change set; one that is not there is gone already.
pub fn delete_change_set<P: Api>(api: &P, named: &str, stack: Option<&str>) -> Result<(), StackError> {
    let set = match ChangeSet::find(api.records(), named, stack) {
        Ok(set) => set,
        Err(refused) if refused.code == Code::ChangeSetNotFound => return Ok(()),
        Err(refused) => return Err(refused),
    };
    let outcome = api.records().change(|change| {
        change.remove(set.key());
        Ok::<_, StackError>(())
    });
    Ok(outcome?)
}
