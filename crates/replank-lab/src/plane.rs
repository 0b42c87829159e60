//! The programs of a lab's control plane: order of their start, and failures.

use anyhow::{Context, Result, bail};
use std::fmt;
use std::time::{Duration, Instant};

use crate::api::Api;
use crate::build::{Minor, Programs};
use crate::flags::{self, LabPaths, Numbers};
use crate::program::Program;
use crate::settings::Settings;

/// Time limit for a program to answer; an idle machine needs four seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// How soon a program that cannot run has ended.
const MOMENT: Duration = Duration::from_secs(1);

/// Time limit for a program to end.
const ENDING: Duration = Duration::from_secs(5);

/// A program of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// etcd, which stores everything.
    Etcd,
    /// kube-apiserver.
    ApiServer,
    /// kube-controller-manager.
    ControllerManager,
    /// kube-scheduler.
    Scheduler,
    /// kwok, in place of the kubelets.
    Kubelets,
}

/// The parts that each minor has of its own, in the order in which an upgrade replaces them: none may be newer than the
/// API server.
const BY_MINOR: [Part; 3] = [Part::ApiServer, Part::ControllerManager, Part::Scheduler];

impl Part {
    /// All programs, in the order of their start.
    pub(crate) const ALL: [Self; 5] =
        [Self::Etcd, Self::ApiServer, Self::ControllerManager, Self::Scheduler, Self::Kubelets];

    /// Name of the program.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kubelets => "kwok",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.program())
    }
}

/// The programs of a lab.
pub(crate) struct Plane {
    minor: Minor,
    programs: Vec<(Part, Program)>,
    recipe: Recipe,
}

/// What the command lines of the programs are made of.
struct Recipe {
    place: LabPaths,
    ports: Numbers,
    settings: Settings,
    group: i32,
}

impl Recipe {
    /// A program that is not started.
    fn program(&self, part: Part, built: &Programs) -> Program {
        let Self { place, ports, settings, group } = self;
        let mut arguments = match part {
            Part::Etcd => flags::etcd(place, *ports),
            Part::ApiServer => flags::api_server(place, *ports),
            Part::ControllerManager => flags::controllers(place, settings),
            Part::Scheduler => flags::scheduler(place, settings),
            Part::Kubelets => flags::kubelets(place, settings),
        };
        let more = settings.arguments.iter().filter(|(of, _)| *of == part);
        arguments.extend(more.map(|(_, argument)| argument.clone()));
        let name = part.program();
        Program::new(built.path(name), arguments, place.log(name), *group)
    }
}

impl Plane {
    /// The programs, not started.
    pub(crate) fn new(
        built: &Programs,
        place: &LabPaths,
        ports: Numbers,
        settings: &Settings,
        group: i32,
    ) -> Self {
        let recipe = Recipe { place: place.clone(), ports, settings: settings.clone(), group };
        let programs = Part::ALL.map(|part| (part, recipe.program(part, built))).into();
        Self { minor: settings.minor, programs, recipe }
    }

    /// The minor that runs.
    pub(crate) fn minor(&self) -> Minor {
        self.minor
    }

    /// Replaces what each minor has of its own by that of another one, part by part; the store and the kubelets run on.
    /// When a part of it does not start, those of before run again.
    pub(crate) fn replace(&mut self, minor: Minor, built: &Programs, api: &Api) -> Result<()> {
        let mut before = Vec::new();
        for part in BY_MINOR {
            let new = self.recipe.program(part, built);
            before.push((part, std::mem::replace(self.program(part)?, new)));
            if let Some((_, old)) = before.last_mut() {
                old.stop(ENDING)?;
            }
            if let Err(error) = self.start_part(part, api).and_then(|()| self.settled(part)) {
                for (part, old) in before {
                    *self.program(part)? = old;
                    self.start_part(part, api)?;
                }
                return Err(error.context(format!("Kubernetes {} runs again", self.minor)));
            }
        }
        self.minor = minor;
        Ok(())
    }

    /// Fails when the program ends within a moment of its start, as it does over a flag that it does not know.
    fn settled(&mut self, part: Part) -> Result<()> {
        let begin = Instant::now();
        self.wait(part, || begin.elapsed() > MOMENT)
    }

    /// Starts all programs, each when those it needs are ready.
    pub(crate) fn start(&mut self, api: &Api) -> Result<()> {
        for part in Part::ALL {
            self.start_part(part, api)?;
        }
        // Without this account no pod can be created (the ServiceAccount admission); a controller makes it.
        self.wait(Part::ControllerManager, || {
            api.get("/api/v1/namespaces/default/serviceaccounts/default").is_ok()
        })
    }

    /// Starts one program; waits until an API server is ready.
    pub(crate) fn start_part(&mut self, part: Part, api: &Api) -> Result<()> {
        self.program(part)?.start()?;
        if part == Part::ApiServer {
            // Connections to one that ran before would be tried first.
            api.forget();
            self.wait(part, || ready(api))?;
        }
        Ok(())
    }

    pub(crate) fn kill(&mut self, part: Part) -> Result<()> {
        self.program(part)?.kill();
        Ok(())
    }

    pub(crate) fn signal(&mut self, part: Part, name: &str) -> Result<()> {
        self.program(part)?.signal(name)
    }

    /// Ends all programs in reverse order. Only etcd gets time, since the others have nothing to lose.
    pub(crate) fn stop(&mut self) {
        for (part, program) in self.programs.iter_mut().rev() {
            let patience = if *part == Part::Etcd { ENDING } else { Duration::ZERO };
            if patience.is_zero() || program.stop(patience).is_err() {
                program.kill();
            }
        }
    }

    /// Programs that should run and do not, with the end of their output.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let ended = self.programs.iter_mut().filter_map(|(part, program)| {
            (!program.running()).then(|| format!("{part} has ended:\n{}", program.said()))
        });
        ended.collect()
    }

    fn wait(&mut self, part: Part, done: impl Fn() -> bool) -> Result<()> {
        let begin = Instant::now();
        while !done() {
            for (other, program) in &mut self.programs {
                let started = Part::ALL.iter().position(|it| it == other)
                    <= Part::ALL.iter().position(|it| *it == part);
                if started && !program.running() {
                    bail!("{other} has ended:\n{}", program.said());
                }
            }
            if begin.elapsed() > PATIENCE {
                let said = self.program(part)?.said();
                bail!("{part} is not ready after {} s:\n{said}", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn program(&mut self, part: Part) -> Result<&mut Program> {
        let found = self.programs.iter_mut().find(|(of, _)| *of == part);
        found.map(|(_, program)| program).with_context(|| format!("there is no {part}"))
    }
}

fn ready(api: &Api) -> bool {
    let answer = api.request("GET", "/readyz", "", &serde_json::Value::Null);
    answer.is_ok_and(|(status, _)| status == 200)
}
