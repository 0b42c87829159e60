//! Commands of a person to an upgrade under way: pause, resume, cancel. Resume also passes a gate, and tries a step again
//! that stopped.

use jiff::Timestamp;
use replank_core::cluster_upgrade::event::{Event, Fact};
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::UpdateId;

use crate::commands::{self, Command, CommandError, CommandKind, TRIES};
use crate::journal::{AppendError, Journal};

/// Records a command to an update or to an upgrade, by its id, at time `at`.
pub fn obey(journal: &mut Journal, command: &Command, at: Timestamp) -> Result<(), CommandError> {
    if journal.is_upgrade(&command.update)? {
        give(journal, command, at)
    } else {
        commands::give(journal, command, at).map(drop)
    }
}

fn give(journal: &mut Journal, command: &Command, at: Timestamp) -> Result<(), CommandError> {
    let id = &command.update;
    let (mut recorded, _) = journal.load_upgrade(id)?;
    for _ in 0..TRIES {
        let fact = fact(&recorded.upgrade, id, command.wish)?;
        match journal.append_upgrade(&mut recorded, &[Event { at, fact }]) {
            Ok(()) => return Ok(()),
            Err(AppendError::LostRace { .. }) => drop(journal.catch_up_upgrade(&mut recorded)?),
            Err(error) => return Err(CommandError::Append(error)),
        }
    }
    Err(CommandError::Crowded { update: id.clone() })
}

/// The fact that stands for the wish, if it would change anything.
fn fact(upgrade: &Upgrade, id: &UpdateId, wish: CommandKind) -> Result<Fact, CommandError> {
    let update = id.clone();
    if let Some(end) = upgrade.end() {
        return Err(CommandError::Over { update, outcome: end.outcome.into(), at: end.at });
    }
    let pointless = |why| Err(CommandError::Pointless { update: id.clone(), why });
    let waits = upgrade.is_at_gate() || upgrade.present().stop.is_some();
    match wish {
        _ if upgrade.cancelled_at().is_some() => pointless("is being cancelled already"),
        CommandKind::Pause { .. } if upgrade.paused_at().is_some() => pointless("is paused already"),
        CommandKind::Pause { .. } => Ok(Fact::Paused),
        CommandKind::Resume if upgrade.paused_at().is_none() && !waits => {
            pointless("is not paused, is at no gate and has not stopped")
        }
        CommandKind::Resume => Ok(Fact::Resumed),
        CommandKind::Cancel { .. } => Ok(Fact::Cancelled),
        CommandKind::Force => {
            pointless("is of a whole cluster; force is given to the update of a node group")
        }
    }
}

#[cfg(test)]
mod tests {
    use replank_core::node_group::rollout::GiveBack;

    use super::*;
    use crate::commands::{Stays, TargetAfter};
    use crate::journal::upgrade_spec_for_tests as spec;

    #[test]
    fn a_wish_that_changes_nothing_is_refused() {
        let mut journal = Journal::in_memory().unwrap();
        journal.start_upgrade(spec(), Timestamp::UNIX_EPOCH).unwrap();
        let mut ask = |wish| {
            let command = Command { update: "up".into(), wish };
            obey(&mut journal, &command, Timestamp::UNIX_EPOCH).map_err(|error| error.to_string())
        };
        let pause = CommandKind::Pause { in_work: GiveBack::No };
        let cancel =
            CommandKind::Cancel { in_work: GiveBack::No, target: TargetAfter::Restored, stays: Stays::Old };
        let refused = |why: &str| Err(format!("update up {why}"));
        assert_eq!(ask(CommandKind::Resume), refused("is not paused, is at no gate and has not stopped"));
        assert_eq!(
            ask(CommandKind::Force),
            refused("is of a whole cluster; force is given to the update of a node group")
        );
        assert_eq!(ask(pause), Ok(()));
        assert_eq!(ask(pause), refused("is paused already"));
        assert_eq!(ask(CommandKind::Resume), Ok(()));
        assert_eq!(ask(cancel), Ok(()));
        assert_eq!(ask(CommandKind::Resume), refused("is being cancelled already"));
    }
}
