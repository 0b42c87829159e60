//! `CreateStack`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Request, check_name, shape};
use crate::error::{Code, StackError};
use crate::port::Api;
use crate::record::{Shape, Stack, StackStatus, live, put_in};
use crate::run::begin_pass;

/// What becomes of a stack that cannot be created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What was created is deleted again.
    #[default]
    Rollback,
    /// It stays as it is.
    Nothing,
}

/// Records a new stack; its id.
pub async fn create_stack<P: Api>(
    api: &P,
    request: &Request,
    on_failure: OnFailure,
    is_protected: bool,
) -> Result<String, StackError> {
    check_name("stackName", &request.name)?;
    let taken = || StackError::new(Code::AlreadyExists, format!("Stack [{}] already exists", request.name));
    if let Some(known) = live(api.records(), &request.name) {
        // The same request again has the same answer.
        let is_again = request.token.is_some() && known.token == request.token;
        return if is_again { Ok(known.id) } else { Err(taken()) };
    }
    let mut stack = fresh(api, &request.name);
    let (_, shape) = shape(api, request, None, (&stack.name, &stack.id)).await?;
    asked(&mut stack, request, shape);
    stack.keeps_failures = request.keeps_failures || on_failure == OnFailure::Nothing;
    stack.is_protected = is_protected;
    let outcome = api.records().change(|change| {
        if live(api.records(), &request.name).is_some() {
            return Err(taken());
        }
        begin_pass(change, &mut stack, StackStatus::CreateInProgress, Some("User Initiated".into()));
        put_in(change, &stack);
        Ok(stack.id.clone())
    });
    Ok(outcome?)
}

/// What every request sets on a stack.
pub(super) fn asked(stack: &mut Stack, request: &Request, shape: Shape) {
    stack.shape = shape;
    stack.keeps_failures = request.keeps_failures;
    stack.token.clone_from(&request.token);
    stack.role = request.role.clone().or_else(|| stack.role.take());
    if !request.topics.is_empty() {
        stack.topics.clone_from(&request.topics);
    }
}

/// A stack of which nothing is there yet.
pub(super) fn fresh<P: Api>(api: &P, name: &str) -> Stack {
    let identity = api.identity();
    let uuid = replank_service::uuid();
    Stack {
        id: format!("arn:aws:cloudformation:{}:{}:stack/{name}/{uuid}", identity.region, identity.account),
        name: name.to_owned(),
        status: StackStatus::ReviewInProgress,
        reason: None,
        created_at: replank_service::now().to_string(),
        updated_at: None,
        deleted_at: None,
        shape: Shape::default(),
        before: None,
        keeps_failures: false,
        is_protected: false,
        role: None,
        topics: Vec::new(),
        change_set: None,
        resources: BTreeMap::new(),
        leavings: Vec::new(),
        outputs: Vec::new(),
        pass: 0,
        token: None,
        skipped: BTreeSet::new(),
        next_event: 0,
    }
}
