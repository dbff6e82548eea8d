//! Settings: what may differ from machine to machine. One table, from which flags, environment, settings file and
//! `config show` all follow. Precedence: flag, environment, file, default.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};

use crate::cli::exit::Failure;
use crate::document::reader;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name, which is its key in the settings file.
    pub name: &'static str,
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// What stands for its value in the help.
    pub shape: Shape,
    /// Its value where nobody says; empty for none.
    pub default: &'static str,
    /// What it is, in a sentence.
    pub sentence: &'static str,
}

/// What a setting's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A path.
    Path,
    /// An IP address with a port.
    Address,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number in a range.
    Count(u64, u64),
    /// Directives such as `info` or `info,arborline::runtime=debug`.
    Directives,
}

/// The flag and variable of the settings file itself.
pub const FILE_FLAG: &str = "config";

const fn setting(
    name: &'static str,
    flag: &'static str,
    env: &'static str,
    shape: Shape,
    default: &'static str,
    sentence: &'static str,
) -> Setting {
    Setting {
        name,
        flag,
        env,
        shape,
        default,
        sentence,
    }
}

/// Every setting.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting("data", "data", "ARBORLINE_DATA", Shape::Path, "arborline-data",
        "The data directory: log, documents, lock"),
    setting("network", "network", "ARBORLINE_NETWORK", Shape::Path, "",
        "The network document, read when the data directory is new; see `network sample`"),
    setting("plan", "plan", "ARBORLINE_PLAN", Shape::Path, "",
        "The plan document, read where no plan was ever drafted: it becomes the plan set `main` and counts at once"),
    setting("listen", "listen", "ARBORLINE_LISTEN", Shape::Address, "127.0.0.1:7117",
        "The address the HTTP API listens on; port 0 takes a free one"),
    setting("durability", "durability", "ARBORLINE_DURABILITY", Shape::Word(&["fsync", "os"]), "fsync",
        "When a write is acknowledged: on disk (fsync), or handed to the operating system (os; load tests only)"),
    setting("log_format", "log-format", "ARBORLINE_LOG_FORMAT", Shape::Word(&["auto", "json", "text"]), "auto",
        "The program's own log: JSON lines, text, or text on a terminal and JSON otherwise (auto)"),
    setting("log_level", "log-level", "ARBORLINE_LOG_LEVEL", Shape::Directives, "info",
        "How much the program's own log tells: error, warn, info, debug, or directives by module"),
    setting("queue", "queue", "ARBORLINE_QUEUE", Shape::Count(16, 1_000_000), "1024",
        "Requests that may wait for the log; one more is answered 503 at once"),
    setting("connections_per_address", "connections-per-address", "ARBORLINE_CONNECTIONS_PER_ADDRESS", Shape::Count(0, 15_000), "100",
        "Connections one address may hold open, 0 for any number; those from this machine are not counted"),
    setting("segment_mib", "segment-mib", "ARBORLINE_SEGMENT_MIB", Shape::Count(4, 4096), "64",
        "Size of a log segment in MiB"),
    setting("snapshots_kept", "snapshots-kept", "ARBORLINE_SNAPSHOTS_KEPT", Shape::Count(0, 100), "2",
        "How many snapshots are kept; with 0 none are written, and every start replays the log"),
    setting("snapshot_commands", "snapshot-commands", "ARBORLINE_SNAPSHOT_COMMANDS", Shape::Count(0, 1_000_000_000_000), "10000000",
        "Commands after which a running server writes the next snapshot, 0 for never; a clean stop writes one in any case"),
    setting("snapshot_log_mib", "snapshot-log-mib", "ARBORLINE_SNAPSHOT_LOG_MIB", Shape::Count(0, 1_000_000_000), "4096",
        "MiB of the log after which a running server writes the next snapshot, 0 for never"),
    setting("snapshot_minutes", "snapshot-minutes", "ARBORLINE_SNAPSHOT_MINUTES", Shape::Count(0, 1_000_000), "0",
        "Minutes after which a running server writes the next snapshot where anything came meanwhile, 0 for never"),
    setting("snapshot_check", "snapshot-check", "ARBORLINE_SNAPSHOT_CHECK", Shape::Word(&["first", "behind"]), "behind",
        "When a server compares the snapshot it starts from with its checksums: before it answers (first), or while it answers reads and before it writes (behind)"),
];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(&'static str),
    /// The environment.
    Environment(&'static str),
    /// The settings file, at a line.
    File(PathBuf, usize),
    /// Nobody said.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "flag --{flag}"),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::File(path, line) => write!(f, "file {}, line {line}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// All settings of a run with where they came from, in the order of [`SETTINGS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    values: Vec<(String, Origin)>,
}

/// Adds the flags of the settings named, and the flag of the settings file.
#[must_use]
pub fn args(command: clap::Command, names: &[&str]) -> clap::Command {
    let file = Arg::new(FILE_FLAG)
        .long(FILE_FLAG)
        .env("ARBORLINE_CONFIG")
        .value_name("FILE")
        .help("A settings file (TOML); see `config show` for its keys");
    let chosen = SETTINGS
        .iter()
        .filter(|setting| names.contains(&setting.name));
    command.arg(file).args(chosen.map(|setting| {
        let default = if setting.default.is_empty() {
            "none"
        } else {
            setting.default
        };
        Arg::new(setting.name)
            .long(setting.flag)
            .env(setting.env)
            .value_name(setting.shape.word())
            .help(format!("{} [default: {default}]", setting.sentence))
    }))
}

/// Names of all settings.
#[must_use]
pub fn all() -> Vec<&'static str> {
    SETTINGS.iter().map(|setting| setting.name).collect()
}

/// The settings of a run: flag, then environment, then file, then default.
///
/// # Errors
/// A value that its setting cannot take, a file that cannot be read, or a key in it that is no setting.
pub fn resolve(matches: &ArgMatches) -> Result<Settings, Failure> {
    let file = matches.get_one::<String>(FILE_FLAG).map(PathBuf::from);
    let from_file = match &file {
        Some(path) => read_file(path)?,
        None => vec![None; SETTINGS.len()],
    };
    let mut values = Vec::with_capacity(SETTINGS.len());
    for (setting, from_file) in SETTINGS.iter().zip(from_file) {
        let given = matches.try_get_one::<String>(setting.name).ok().flatten();
        let (value, origin) = match (given, from_file) {
            (Some(value), _) => {
                let flag = matches.value_source(setting.name) == Some(ValueSource::CommandLine);
                let origin = if flag {
                    Origin::Flag(setting.flag)
                } else {
                    Origin::Environment(setting.env)
                };
                (value.clone(), origin)
            }
            (None, Some((value, line))) => {
                let path = file.clone().expect("a value from a file has one");
                (value, Origin::File(path, line))
            }
            (None, None) => (setting.default.to_owned(), Origin::Default),
        };
        if origin != Origin::Default && !setting.shape.takes(&value) {
            let allowed = setting.shape.allowed();
            return Err(Failure::usage(format!(
                "{} ({origin}): given \"{value}\"; allowed: {allowed}",
                setting.name
            )));
        }
        values.push((value, origin));
    }
    Ok(Settings { values })
}

/// The values a settings file gives, with their lines, in the order of [`SETTINGS`].
fn read_file(path: &Path) -> Result<Vec<Option<(String, usize)>>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    let read = reader::read(&text, |root| {
        root.only(&all());
        let values = SETTINGS.iter().map(|setting| {
            let field = root.field(setting.name)?;
            let value = field
                .as_text()
                .map(str::to_owned)
                .or_else(|| field.scalar());
            match value.filter(|value| setting.shape.takes(value)) {
                Some(value) => Some((value, field.line())),
                None => {
                    field.refuse(&setting.shape.allowed(), None);
                    None
                }
            }
        });
        Some(values.collect())
    });
    read.map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect();
        Failure::usage(format!(
            "the settings file {} is wrong:{}",
            path.display(),
            lines.concat()
        ))
    })
}

impl Shape {
    fn word(self) -> &'static str {
        match self {
            Shape::Path => "PATH",
            Shape::Address => "ADDRESS",
            Shape::Word(_) => "WORD",
            Shape::Count(..) => "COUNT",
            Shape::Directives => "LEVEL",
        }
    }

    fn takes(self, value: &str) -> bool {
        match self {
            Shape::Path => !value.is_empty(),
            Shape::Address => value.parse::<SocketAddr>().is_ok(),
            Shape::Word(words) => words.contains(&value),
            Shape::Count(least, most) => value
                .parse::<u64>()
                .is_ok_and(|count| (least..=most).contains(&count)),
            Shape::Directives => value
                .parse::<tracing_subscriber::filter::targets::Targets>()
                .is_ok(),
        }
    }

    fn allowed(self) -> String {
        match self {
            Shape::Path => "a path".to_owned(),
            Shape::Address => "an IP address and port, such as 127.0.0.1:7117".to_owned(),
            Shape::Word(words) => words.join(", "),
            Shape::Count(least, most) => format!("a whole number from {least} to {most}"),
            Shape::Directives => "error, warn, info, debug, trace, or module=level".to_owned(),
        }
    }
}

impl Settings {
    /// Each setting with its value and where that came from.
    pub fn each(&self) -> impl Iterator<Item = (&'static Setting, &str, &Origin)> {
        SETTINGS
            .iter()
            .zip(&self.values)
            .map(|(setting, (value, origin))| (setting, value.as_str(), origin))
    }

    /// The value of a setting.
    ///
    /// # Panics
    /// If there is no such setting.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let at = SETTINGS.iter().position(|setting| setting.name == name);
        &self.values[at.expect("a setting of the table")].0
    }

    /// A count's value.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.value(name)
            .parse()
            .expect("counts were checked when they were read")
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        PathBuf::from(self.value("data"))
    }

    /// The network document, where one is named.
    #[must_use]
    pub fn network(&self) -> Option<PathBuf> {
        Some(self.value("network"))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    }

    /// The plan document, where one is named.
    #[must_use]
    pub fn plan(&self) -> Option<PathBuf> {
        Some(self.value("plan"))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    }

    /// The address to listen on.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.value("listen")
            .parse()
            .expect("addresses were checked when they were read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(line: &[&str]) -> Result<Settings, Failure> {
        // Variables of the machine that runs the tests must not reach them.
        let command = args(clap::Command::new("test"), &all()).mut_args(|arg| arg.env(None));
        resolve(
            &command
                .try_get_matches_from([&["test"], line].concat())
                .expect("flags"),
        )
    }

    #[test]
    fn names_follow_one_pattern() {
        for setting in SETTINGS {
            assert_eq!(setting.flag, setting.name.replace('_', "-"));
            assert_eq!(
                setting.env,
                format!("ARBORLINE_{}", setting.name.to_uppercase())
            );
            assert!(
                setting.default.is_empty() || setting.shape.takes(setting.default),
                "{}",
                setting.name
            );
        }
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_beats_the_default() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "# mine\nlisten = \"0.0.0.0:80\"\nqueue = 99\n").expect("to write");
        let path = path.to_str().expect("a plain path");
        let settings = resolved(&["--config", path, "--queue", "50"]).expect("right settings");
        let told: Vec<String> = settings
            .each()
            .filter(|(setting, ..)| ["listen", "queue", "durability"].contains(&setting.name))
            .map(|(setting, value, origin)| format!("{} = {value} ({origin})", setting.name))
            .collect();
        assert_eq!(
            told,
            [
                format!("listen = 0.0.0.0:80 (file {path}, line 2)"),
                "durability = fsync (default)".to_owned(),
                "queue = 50 (flag --queue)".to_owned(),
            ]
        );
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "listn = \"0.0.0.0:80\"\nqueue = 2\n").expect("to write");
        let path = path.to_str().expect("a plain path");
        let told = resolved(&["--config", path])
            .expect_err("a wrong file")
            .message;
        assert!(
            told.contains("line 1, listn") && told.contains("did you mean `listen`?"),
            "{told}"
        );
        assert!(
            told.contains("line 2, queue: given 2; allowed: a whole number from 16 to 1000000"),
            "{told}"
        );
        let told = resolved(&["--listen", "here"])
            .expect_err("a wrong flag")
            .message;
        assert_eq!(
            told,
            "listen (flag --listen): given \"here\"; allowed: an IP address and port, such as 127.0.0.1:7117"
        );
    }
}
