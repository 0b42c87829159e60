//! Corefiles: which plugins and options one uses, and which of them a release of CoreDNS does not know any more.

use replank_core::version::Minor;

/// A release of CoreDNS, such as 1.11.4.
pub type Release = (u32, u32, u32);

/// CoreDNS of each minor (kubeadm: `CoreDNSVersion`); minors left out have that of the one before.
const COREDNS: &[(u32, Release)] = &[
    (16, (1, 6, 2)),
    (17, (1, 6, 5)),
    (18, (1, 6, 7)),
    (19, (1, 7, 0)),
    (21, (1, 8, 0)),
    (22, (1, 8, 4)),
    (23, (1, 8, 6)),
    (25, (1, 9, 3)),
    (27, (1, 10, 1)),
    (29, (1, 11, 1)),
    (31, (1, 11, 3)),
    (33, (1, 12, 0)),
    (34, (1, 12, 1)),
    (35, (1, 13, 1)),
    (36, (1, 14, 2)),
    (37, (1, 14, 6)),
    (38, (1, 15, 0)),
];

/// Removed plugins: name, first version without it, what to do.
const PLUGINS: &[(&str, Release, &str)] = &[
    ("proxy", (1, 5, 0), "write `forward`"),
    ("federation", (1, 7, 0), "take it out; it did nothing without federations"),
    ("startup", (1, 5, 0), "take it out"),
    ("shutdown", (1, 5, 0), "take it out"),
];
/// Removed options: plugin, option, first version without it, what to do.
const OPTIONS: &[(&str, &str, Release, &str)] = &[
    ("kubernetes", "upstream", (1, 7, 0), "take it out; names are looked up without it"),
    ("kubernetes", "resyncperiod", (1, 7, 0), "take it out"),
    ("kubernetes", "transfer", (1, 8, 0), "use the plugin `transfer`"),
];

/// CoreDNS that comes with a minor.
pub fn of_minor(target: Minor) -> Release {
    COREDNS.iter().rev().find(|(minor, _)| *minor <= target.0).map_or((1, 3, 1), |(_, version)| *version)
}

/// First word of a line in a server block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used<'c> {
    /// Number of the line, from 1.
    pub line: usize,
    /// Plugin of an option; `None` for plugins.
    pub within: Option<&'c str>,
    /// The plugin or the option.
    pub word: &'c str,
}

/// Why a plugin or an option has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// First release that does not know it.
    pub since: Release,
    /// What to do.
    pub way: &'static str,
}

/// Why a release of CoreDNS does not know a plugin or an option; `None` when it does.
pub fn gone(used: &Used<'_>, coming: Release) -> Option<Gone> {
    let found = match used.within {
        None => {
            PLUGINS.iter().find(|(plugin, ..)| *plugin == used.word).map(|(_, since, way)| (*since, *way))
        }
        Some(within) => OPTIONS
            .iter()
            .find(|(plugin, option, ..)| *plugin == within && *option == used.word)
            .map(|(_, _, since, way)| (*since, *way)),
    };
    found.filter(|(since, _)| *since <= coming).map(|(since, way)| Gone { since, way })
}

/// Plugins and options of a Corefile, and whether its braces match.
pub fn uses(corefile: &str) -> (Vec<Used<'_>>, bool) {
    let (mut open, mut found): (Vec<&str>, _) = (Vec::new(), Vec::new());
    for (index, line) in corefile.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(word) = words.next() else { continue };
        if word == "}" {
            if open.pop().is_none() {
                return (found, false);
            }
            continue;
        }
        match open[..] {
            [] => {}
            [_] => found.push(Used { line: index + 1, within: None, word }),
            [_, plugin, ..] => found.push(Used { line: index + 1, within: Some(plugin), word }),
        }
        if line.trim_end().ends_with('{') {
            open.push(word);
        } else if line.trim_end().ends_with('}') && !line.contains('{') && open.pop().is_none() {
            return (found, false);
        }
    }
    (found, open.is_empty())
}
