//! `docs/reference/aws-operations.md`: what of AWS's query services is served beside EKS.

use std::fmt::Write;

use crate::{auto_scaling, cloudformation, ec2};

/// What is said before the tables.
const OPENING: &str = "# Operations of Auto Scaling, EC2 and CloudFormation\n\n\
    `replank up` serves these beside EKS ([its operations](eks-operations.md)), over the same worlds. *Acts*: it does or tells\n\
    what it says. *None*: no group here has any, so the list is empty. Every other operation is refused with\n\
    `InvalidAction`, and a member that nothing here follows with an error that names it.\n\n\
    SSM serves `GetParameter`, `GetParameters` and `GetParametersByPath` of public parameters, STS\n\
    `GetCallerIdentity`.\n";

/// What is said of Auto Scaling.
const AUTO_SCALING: &str = "\n## Auto Scaling (2011-01-01)\n\n\
    Groups of managed node groups show a mixed instances policy of one instance type, as EKS makes them; those of a user a\n\
    launch template, whose version may be `$Latest` or `$Default`. Suspending `Launch`, `Terminate`, `AZRebalance`,\n\
    `HealthCheck` and `ReplaceUnhealthy` acts; the other processes are kept and shown, and nothing here does what they do.\n\
    Lifecycle hooks hold without notifications, so actions are completed by instance id.\n\n";

/// What is said of EC2.
const EC2: &str = "\n## EC2 (2016-11-15)\n\n\
    Launch templates of the user's own, with every member that is given. Those that EKS makes are told and not changed.\n\
    Terminated instances are told for an hour.\n\n";

/// What is said of `CloudFormation`.
const STACKS: &str = "\n## CloudFormation (2010-05-15)\n\n\
    Templates in JSON and YAML with every function but transforms, `Fn::Cidr`, `Fn::ForEach` and dynamic references; a template\n\
    comes as `TemplateBody`. Change sets are ready when the answer comes. A kill loses nothing: stacks go on at the next start.\n\
    [The guide](../guide/stacks.md) says how failures look and what goes back.\n\n";

/// The page in Markdown, with one row for each operation.
pub fn page() -> String {
    let mut page = String::from(OPENING);
    page += AUTO_SCALING;
    page += "| Operation | Here |\n|---|---|\n";
    for (name, here) in auto_scaling::OPERATIONS {
        // A string takes every text.
        let _written = writeln!(page, "| `{name}` | {here} |");
    }
    page += EC2;
    page += "| Operation | Here |\n|---|---|\n";
    for name in ec2::OPERATIONS {
        let _written = writeln!(page, "| `{name}` | acts |");
    }
    page += STACKS;
    page += "| Operation | Here |\n|---|---|\n";
    for (name, here) in cloudformation::OPERATIONS {
        let _written = writeln!(page, "| `{name}` | {here} |");
    }
    let (acting, kept) = replank_stacks::resource::kinds();
    page += "\nResources of these types act: each is made, changed and deleted by the requests that any client would send.\n\n";
    for name in acting {
        let _written = writeln!(page, "- `{name}`");
    }
    page += "\nResources of these types are kept and shown, with ids and attributes such as AWS gives; nothing follows them.\n\n";
    for name in kept {
        let _written = writeln!(page, "- `{name}`");
    }
    page
}
