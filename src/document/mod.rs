//! Documents: the network document and its calendars, read from TOML and compiled to rules the log carries.
