//! Failures after which it is worth asking again.

use replank_service::{Refusal, RefusalKind};

use crate::connect::ConnectError;
use crate::failure::{CallError, FailureKind};
use crate::read::ReadGroupError;

/// A failure that may be over in a moment.
pub trait Passing {
    /// Whether it is: AWS throttled, was busy, or did not answer.
    fn passes(&self) -> bool;
}

impl Passing for CallError {
    fn passes(&self) -> bool {
        match self.kind {
            FailureKind::Throttled | FailureKind::Busy | FailureKind::Unknown => true,
            FailureKind::Credentials | FailureKind::Denied | FailureKind::Refused => false,
        }
    }
}

impl Passing for ReadGroupError {
    fn passes(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.passes(),
            Self::NoGroup { .. } | Self::Bad(_) | Self::NoVersion { .. } => false,
        }
    }
}

impl Passing for ConnectError {
    fn passes(&self) -> bool {
        match self {
            Self::Credentials(failure) | Self::Unreachable(failure) => failure.passes(),
            Self::NoRegion | Self::Authorities { .. } => false,
        }
    }
}

impl Passing for Refusal {
    fn passes(&self) -> bool {
        self.kind == RefusalKind::Server
    }
}
