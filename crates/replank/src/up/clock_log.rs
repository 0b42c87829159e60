//! The wall-clock map on disk: a full copy from time to time, and a log of the points since then. A point is written
//! before the world comes to it, so the file is never behind what a client saw.
//!
//! A killed process loses nothing of that. A crash of the machine may lose the last points, and an older state of the
//! world comes back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::state_file;
use replank_world::time::Time;
use replank_world::wall_clock_map::WallClockMap;

use crate::printer::Printer;

/// File with the full map.
const WHOLE: &str = "calendar.json";
/// File with the points since then.
const SINCE: &str = "calendar.log";
/// Size of a point: world time and wall-clock time, microseconds since the Unix epoch, little-endian.
const MOMENT: usize = 16;
/// Number of points after which the full map is written again.
const MOMENTS_MAX: usize = 4096;

/// Writes the wall-clock map as it grows.
#[derive(Debug)]
pub(crate) struct ClockLog {
    whole: PathBuf,
    since: File,
    moments: usize,
    /// Whether the last write failed, so that a full disk is reported once.
    failed: bool,
}

impl ClockLog {
    /// Opens the log in a data directory, and reads the map.
    pub(crate) fn open(directory: &Path) -> Result<(Self, Option<WallClockMap>)> {
        let (whole, log) = (directory.join(WHOLE), directory.join(SINCE));
        let mut clock_map = state_file::read::<WallClockMap>(&whole)?;
        if let Some(clock_map) = &mut clock_map {
            read(&log).with_context(|| log.display().to_string())?.into_iter().for_each(|(world, wall)| {
                clock_map.note(world, wall);
            });
        }
        let since = OpenOptions::new().append(true).create(true).mode(0o600).open(&log);
        let since = since.with_context(|| log.display().to_string())?;
        Ok((Self { whole, since, moments: 0, failed: false }, clock_map))
    }

    /// Writes the point at which the world comes to `world` while the wall clock shows `wall`.
    pub(crate) fn note(&mut self, world: Time, wall: Timestamp) {
        let mut moment = [0; MOMENT];
        moment[..8].copy_from_slice(&world.0.to_le_bytes());
        moment[8..].copy_from_slice(&wall.as_microsecond().to_le_bytes());
        self.moments += 1;
        let written = self.since.write_all(&moment);
        self.told(written.with_context(|| SINCE.to_owned()));
    }

    /// Whether the full map should be written.
    pub(crate) fn is_long(&self) -> bool {
        self.moments >= MOMENTS_MAX
    }

    /// Writes the full map and clears the log. After a kill in between the log has points that the map has too, which
    /// change nothing.
    pub(crate) fn keep(&mut self, clock_map: &WallClockMap) {
        let whole = state_file::write(&self.whole, clock_map).map_err(anyhow::Error::from);
        let written = whole.and_then(|()| self.since.set_len(0).with_context(|| SINCE.to_owned()));
        self.moments = 0;
        self.told(written);
    }

    fn told(&mut self, written: Result<()>) {
        match written {
            Ok(()) => self.failed = false,
            Err(error) if !self.failed => {
                self.failed = true;
                Printer::complain(&format!("warning: the time of the world is not written down: {error:#}"));
            }
            Err(_) => {}
        }
    }
}

/// Points of a log. An incomplete one at the end is dropped: no client saw it.
fn read(log: &Path) -> io::Result<Vec<(Time, Timestamp)>> {
    let bytes = match fs::read(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let moments = bytes.chunks_exact(MOMENT).filter_map(|moment| {
        let (world, wall) = moment.split_first_chunk::<8>()?;
        let wall = i64::from_le_bytes(*wall.first_chunk::<8>()?);
        Some((Time(i64::from_le_bytes(*world)), Timestamp::from_microsecond(wall).ok()?))
    });
    Ok(moments.collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use jiff::Timestamp;
    use replank_world::time::Time;
    use replank_world::wall_clock_map::WallClockMap;

    use super::{ClockLog, SINCE};

    fn wall(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn what_was_noted_is_there_after_a_kill() {
        let directory = std::env::temp_dir().join(format!("replank-clock_log-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let (mut clock_log, before) = ClockLog::open(&directory).unwrap();
        assert_eq!(before, None);
        let mut clock_map = WallClockMap::new(Time(0), wall(100));
        clock_log.keep(&clock_map);
        for second in 1..50 {
            // Another pace every time, so that no anchor is left out.
            let (world, wall) = (Time(second * second * 1_000_000), wall(100 + second));
            clock_log.note(world, wall);
            clock_map.note(world, wall);
        }
        drop(clock_log);
        let (mut clock_log, read) = ClockLog::open(&directory).unwrap();
        assert_eq!(read.as_ref(), Some(&clock_map));

        // A kill between the whole and the log leaves moments that the whole knows; one in a write, a piece of one.
        let log = fs::read(directory.join(SINCE)).unwrap();
        clock_log.keep(&clock_map);
        fs::OpenOptions::new()
            .append(true)
            .open(directory.join(SINCE))
            .unwrap()
            .write_all(&log[..39])
            .unwrap();
        let (_, read) = ClockLog::open(&directory).unwrap();
        assert_eq!(read, Some(clock_map));
        fs::remove_dir_all(&directory).unwrap();
    }
}
