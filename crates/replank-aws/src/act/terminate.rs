//! Terminations through the group, of nodes that are drained.

use replank_core::action::Replace;
use replank_core::observed::{Answer, Lifecycle, Refused};

use super::again;
use crate::cloud::AwsCloud;
use crate::hooks::Goes;
use crate::{answer, hooks};

/// Words of AWS about an instance that is gone already.
const GONE: [&str; 2] = ["No managed instance found", "not found"];
/// Words of AWS about an instance that is going already, or not there yet.
const BETWEEN: &str = "not in InService or Standby";
/// Words of AWS about a group at its minimum.
const AT_MINIMUM: &str = "min size constraint";

/// Terminates an instance, with or without a replacement.
pub(crate) async fn terminate(cloud: &AwsCloud, instance: &str, replace: Replace) -> Answer {
    let shrinks = replace == Replace::No;
    // A decrement that was carried out without an answer must not be asked for again; without one it does no harm.
    let seen = if shrinks { cloud.just_read() } else { cloud.view().group.clone() };
    let group = match seen {
        Some(group) => group,
        None => match again(cloud).await {
            Ok(group) => group,
            Err(answer) => return answer,
        },
    };
    match group.instance(instance) {
        None => return Answer::Done,
        Some(found) if found.lifecycle == Lifecycle::Terminating => {
            // Somebody else was quicker, and a hook may hold it: by now it is drained.
            if found.state == hooks::HELD && cloud.view().ended.insert(instance.to_owned()) {
                cloud.look_soon();
            }
            return Answer::Done;
        }
        Some(_) => {}
    }
    if shrinks && group.sizes.desired <= group.sizes.min {
        let message =
            format!("the desired capacity, {}, is the minimum: nothing is taken away", group.sizes.min);
        return Answer::NotYet(Refused::Other { message });
    }
    // Hooks are answered for it also when the answer to this call is lost.
    cloud.view().ended.insert(instance.to_owned());
    let call = cloud.aws.autoscaling.terminate_instance_in_auto_scaling_group();
    let call = call.instance_id(instance).should_decrement_desired_capacity(shrinks);
    match cloud.aws.ask("TerminateInstanceInAutoScalingGroup", call.send()).await {
        Ok(_) => {
            cloud.view().note_terminated(instance, shrinks);
            hooks::at_once(cloud, instance).await;
            Answer::Done
        }
        Err(failure) if GONE.iter().any(|words| failure.says(words)) => {
            cloud.look_soon();
            Answer::Done
        }
        Err(failure) if failure.says(BETWEEN) || failure.says(AT_MINIMUM) => {
            let goes = if shrinks { Goes::On } else { Goes::Away };
            let freed =
                if failure.says(BETWEEN) { hooks::let_go(cloud, instance, goes).await } else { Ok(false) };
            cloud.look_soon();
            match freed {
                Ok(true) => {
                    answer::changed(format!("a hook held it at its launch, and was answered: {failure}"))
                }
                Ok(false) => answer::changed(failure.to_string()),
                Err(failure) => answer::of(&failure),
            }
        }
        Err(failure) => {
            cloud.look_soon();
            answer::of(&failure)
        }
    }
}
