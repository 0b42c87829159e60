//! `replank iam`: prints the policies that AWS needs.

use replank_aws::policies;

use crate::cli::remote::InCluster;
use crate::exit::Exit;
use crate::printer::Printer;

/// Prints the read-only policy, or with a cluster the one for its updates too, as one document.
pub(crate) fn run(flags: &InCluster, printer: &mut Printer) -> Exit {
    let mut policy = policies::look();
    if let Some(cluster) = &flags.cluster
        && let (Some(all), Some(more)) =
            (policy["Statement"].as_array_mut(), policies::act(cluster)["Statement"].as_array())
    {
        all.extend(more.iter().cloned());
    }
    printer.line(&format!("{policy:#}"));
    Exit::Done
}
