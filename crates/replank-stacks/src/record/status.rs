//! Statuses of stacks and resources, and what each of them means for what comes next.

use serde::{Deserialize, Serialize};

/// Status of a stack (CloudFormation: `StackStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StackStatus {
    /// Only a change set is there.
    ReviewInProgress,
    /// Its resources are created.
    CreateInProgress,
    /// A resource could not be created and nothing is undone.
    CreateFailed,
    /// All resources are there.
    CreateComplete,
    /// What was created is deleted again.
    RollbackInProgress,
    /// Something that was created could not be deleted.
    RollbackFailed,
    /// Nothing is left; the stack can only be deleted.
    RollbackComplete,
    /// Its resources are deleted.
    DeleteInProgress,
    /// A resource could not be deleted.
    DeleteFailed,
    /// It is gone.
    DeleteComplete,
    /// Its resources are updated.
    UpdateInProgress,
    /// They are; what is not wanted any more is deleted.
    UpdateCompleteCleanupInProgress,
    /// Everything is as the template says.
    UpdateComplete,
    /// A resource could not be updated and nothing is undone.
    UpdateFailed,
    /// Resources are set back.
    UpdateRollbackInProgress,
    /// A resource could not be set back.
    UpdateRollbackFailed,
    /// They are back; what the update made is deleted.
    UpdateRollbackCompleteCleanupInProgress,
    /// Everything is as before the update.
    UpdateRollbackComplete,
}

/// What is being done with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Resources come to what the template says.
    Forward,
    /// Resources go back to what they were.
    Back,
    /// What no template wants any more goes.
    Cleanup,
    /// Everything goes.
    Removal,
    /// Nothing.
    Rest,
}

impl StackStatus {
    /// Every status that a stack can have.
    pub const ALL: [Self; 18] = [
        Self::ReviewInProgress,
        Self::CreateInProgress,
        Self::CreateFailed,
        Self::CreateComplete,
        Self::RollbackInProgress,
        Self::RollbackFailed,
        Self::RollbackComplete,
        Self::DeleteInProgress,
        Self::DeleteFailed,
        Self::DeleteComplete,
        Self::UpdateInProgress,
        Self::UpdateCompleteCleanupInProgress,
        Self::UpdateComplete,
        Self::UpdateFailed,
        Self::UpdateRollbackInProgress,
        Self::UpdateRollbackFailed,
        Self::UpdateRollbackCompleteCleanupInProgress,
        Self::UpdateRollbackComplete,
    ];

    /// As CloudFormation writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReviewInProgress => "REVIEW_IN_PROGRESS",
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::RollbackComplete => "ROLLBACK_COMPLETE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateCompleteCleanupInProgress => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateRollbackInProgress => "UPDATE_ROLLBACK_IN_PROGRESS",
            Self::UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
            Self::UpdateRollbackCompleteCleanupInProgress => "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateRollbackComplete => "UPDATE_ROLLBACK_COMPLETE",
        }
    }

    /// What is being done in this status.
    pub fn phase(self) -> Phase {
        match self {
            Self::CreateInProgress | Self::UpdateInProgress => Phase::Forward,
            Self::UpdateRollbackInProgress => Phase::Back,
            Self::UpdateCompleteCleanupInProgress | Self::UpdateRollbackCompleteCleanupInProgress => {
                Phase::Cleanup
            }
            Self::DeleteInProgress | Self::RollbackInProgress => Phase::Removal,
            Self::ReviewInProgress
            | Self::CreateFailed
            | Self::CreateComplete
            | Self::RollbackFailed
            | Self::RollbackComplete
            | Self::DeleteFailed
            | Self::DeleteComplete
            | Self::UpdateComplete
            | Self::UpdateFailed
            | Self::UpdateRollbackFailed
            | Self::UpdateRollbackComplete => Phase::Rest,
        }
    }

    /// Whether an update may begin.
    pub fn takes_update(self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::UpdateRollbackComplete
                | Self::UpdateFailed
                | Self::CreateFailed
        )
    }
}

/// Status of a resource (CloudFormation: `ResourceStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResourceStatus {
    /// Being created.
    CreateInProgress,
    /// Could not be created.
    CreateFailed,
    /// Created.
    CreateComplete,
    /// Being updated.
    UpdateInProgress,
    /// Could not be updated.
    UpdateFailed,
    /// Updated.
    UpdateComplete,
    /// Being deleted.
    DeleteInProgress,
    /// Could not be deleted.
    DeleteFailed,
    /// Deleted.
    DeleteComplete,
    /// Kept though its stack does not want it any more.
    DeleteSkipped,
}

impl ResourceStatus {
    /// As CloudFormation writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteSkipped => "DELETE_SKIPPED",
        }
    }

    /// The same act, failed.
    #[must_use]
    pub fn failed(self) -> Self {
        match self {
            Self::CreateInProgress | Self::CreateFailed | Self::CreateComplete => Self::CreateFailed,
            Self::UpdateInProgress | Self::UpdateFailed | Self::UpdateComplete => Self::UpdateFailed,
            Self::DeleteInProgress | Self::DeleteFailed | Self::DeleteComplete | Self::DeleteSkipped => {
                Self::DeleteFailed
            }
        }
    }

    /// The same act, done.
    #[must_use]
    pub fn complete(self) -> Self {
        match self {
            Self::CreateInProgress | Self::CreateFailed | Self::CreateComplete => Self::CreateComplete,
            Self::UpdateInProgress | Self::UpdateFailed | Self::UpdateComplete => Self::UpdateComplete,
            Self::DeleteInProgress | Self::DeleteFailed | Self::DeleteComplete => Self::DeleteComplete,
            Self::DeleteSkipped => Self::DeleteSkipped,
        }
    }

    /// Whether it ended without success.
    pub fn is_failed(self) -> bool {
        matches!(self, Self::CreateFailed | Self::UpdateFailed | Self::DeleteFailed)
    }
}
