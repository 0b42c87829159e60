//! An add-on that EKS manages: EKS updates it and keeps what somebody changed on it.

use std::time::{Duration, Instant};

use anyhow::Result;
use replank_addons::BuildVersion;
use replank_aws::add_ons::EksAddOn;
use replank_aws::managed::ManagedStatus;
use replank_service::uuid;

use super::{Asked, REMINDER};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::real::aws::group::patiently;

/// How often EKS is asked how its update stands.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// Plans; with `--approve`, lets EKS update the add-on.
pub(super) fn run(asked: &Asked<'_>, known: &EksAddOn, printer: &mut Printer) -> Result<Exit> {
    let (name, cluster) = (asked.add_on.eks_name(), asked.flags.cluster());
    let wanted = asked.wanted()?;
    let is_there = BuildVersion::parse(&known.version) >= BuildVersion::parse(&wanted);
    if is_there {
        printer.line(&format!("\"{name}\" is already up-to-date: {}, as EKS manages it", known.version));
        return Ok(Exit::Done);
    }
    let would = if asked.flags.approve { "will" } else { "(plan) would" };
    printer.line(&format!(
        "{would} let EKS update its add-on \"{name}\" from {} to {wanted}; what was changed on it stays",
        known.version
    ));
    if !asked.flags.approve {
        printer.line(&format!("(plan) \"{name}\" is not up-to-date"));
        printer.line(REMINDER);
        return Ok(Exit::Done);
    }
    printer.flush();
    let token = uuid();
    let update = patiently(&asked.runtime, || asked.aws.update_add_on(cluster, name, &wanted, &token))?;
    let until = Instant::now() + asked.timeout.unsigned_abs();
    loop {
        let stands = patiently(&asked.runtime, || asked.aws.add_on_progress(cluster, name, &update))?;
        match stands {
            (ManagedStatus::Successful, _) => {
                printer.line(&format!("\"{name}\" is now up-to-date"));
                return Ok(Exit::Done);
            }
            (ManagedStatus::Ended(status), errors) => {
                printer.line(&format!("update {update} of \"{name}\" is {status}: {}", errors.join("; ")));
                return Ok(Exit::Failed);
            }
            (ManagedStatus::InProgress, _) if Instant::now() >= until => {
                return Err(bad(format!("update {update} of {name:?} is not over; EKS goes on with it")));
            }
            (ManagedStatus::InProgress, _) => std::thread::sleep(ASKED_EVERY),
        }
    }
}
