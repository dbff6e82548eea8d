//! The command line: settings, commands, progress.
