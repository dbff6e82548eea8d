//! The binary: everything it does is in the command line's room.

fn main() -> std::process::ExitCode {
    arborline::cli::run::run()
}
