//! What a run found, as text to read.

use std::fmt::Write;

use crate::run::report::{Percentiles, Report, Traffic};

/// The whole report as a table.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    write_table(report, &mut text).expect("a string takes all that is written");
    text
}

fn write_table(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "{}: {} members, {} s measured after {} s of warming up, {} orders a batch",
        report.url, report.members, report.seconds, report.warm_up, report.batch
    )?;
    if let Some(filled) = &report.setup {
        write!(
            out,
            "filled with {} members in {:.1} s ({:.0} a second), {} refused",
            filled.accepted,
            filled.seconds,
            filled.accepted as f64 / filled.seconds.max(1e-9),
            filled.rejected
        )?;
        match filled.bytes_a_member {
            Some(bytes) => writeln!(out, ", {bytes:.0} bytes of resident memory a member")?,
            None => writeln!(out)?,
        }
    }
    traffic("server", &report.server, out)?;
    if !report.bare_http.is_empty() {
        traffic("bare HTTP handler", &report.bare_http, out)?;
    }
    limits(report, out)?;
    for stream in &report.server {
        if let Some(complaint) = &stream.complaint {
            writeln!(out, "first complaint of {}: {complaint}", stream.work)?;
        }
    }
    Ok(())
}

fn traffic(heading: &str, streams: &[Traffic], out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n{heading:<18}{:>9}{:>6}{:>12}{:>12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>8}",
        "asked/s",
        "conn",
        "requests/s",
        "orders/s",
        "p50 us",
        "p90 us",
        "p99 us",
        "p99.9 us",
        "max us",
        "refused",
        "failed"
    )?;
    for stream in streams {
        let asked = stream
            .rate
            .map_or("max".into(), |rate| format!("{rate:.0}"));
        let refused: u64 = stream
            .statuses
            .iter()
            .filter(|&(status, _)| !(200..300).contains(status))
            .map(|(_, times)| times)
            .sum::<u64>()
            + stream.rejected;
        let Percentiles {
            p50_us,
            p90_us,
            p99_us,
            p999_us,
            max_us,
            ..
        } = stream.latency;
        writeln!(
            out,
            "{:<18}{asked:>9}{:>6}{:>12.0}{:>12.0}{p50_us:>10.0}{p90_us:>10.0}{p99_us:>10.0}{p999_us:>10.0}{max_us:>10.0}{refused:>9}{:>8}",
            stream.work,
            stream.connections,
            stream.requests_a_second,
            stream.orders_a_second,
            stream.failures
        )?;
    }
    Ok(())
}

fn limits(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out)?;
    let disks = [
        ("one after another", &report.fdatasync),
        ("at the pace of the requests", &report.fdatasync_paced),
    ];
    for (how, disk) in disks {
        if let Some(disk) = disk {
            let (p50, p99) = (disk.p50_us, disk.p99_us);
            writeln!(
                out,
                "bare fdatasync, {how}: p50 {p50:.0} us, p99 {p99:.0} us"
            )?;
        }
    }
    for ratio in &report.ratios {
        let parts: Vec<String> = [
            (ratio.rate_to_bare_http, "of the bare handler's rate"),
            (ratio.p50_to_bare_http, "x the bare handler's p50"),
            (ratio.p50_to_fdatasync, "x the bare fdatasync"),
            (ratio.p50_to_fdatasync_paced, "x the paced one"),
        ]
        .into_iter()
        .filter_map(|(value, of)| value.map(|value| format!("{value:.2} {of}")))
        .collect();
        if !parts.is_empty() {
            writeln!(out, "{}: {}", ratio.work, parts.join(", "))?;
        }
    }
    if let Some(process) = &report.process {
        write!(
            out,
            "process {}: {:.1} MB resident, {:.1} MB at its peak",
            process.pid,
            process.resident as f64 / 1e6,
            process.resident_peak as f64 / 1e6
        )?;
        match process.cpu_us_an_order {
            Some(cpu) => writeln!(out, ", {cpu:.2} us of CPU an order")?,
            None => writeln!(out)?,
        }
    }
    let percent = |share: f64| share * 100.0;
    let shares = &report.processors;
    let server = match report.process {
        Some(_) => format!("server {:.0} %, ", percent(shares.server)),
        None => String::new(),
    };
    let others = if report.process.is_some() {
        "others"
    } else {
        "server and others"
    };
    writeln!(
        out,
        "processors: {server}load generator {:.0} %, {others} {:.0} %, idle {:.0} %",
        percent(shares.generator),
        percent(shares.others),
        percent(shares.idle)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::run::machine::Shares;
    use crate::run::report::{Process, ratios};
    use crate::run::setup::Filled;

    fn stream(work: &'static str, rate: Option<f64>, p50: f64) -> Traffic {
        Traffic {
            work,
            rate,
            connections: 8,
            requests: 10_000,
            requests_a_second: 1_000.0,
            orders: if work == "batches" { 9_999_000 } else { 0 },
            orders_a_second: if work == "batches" { 999_900.0 } else { 0.0 },
            rejected: u64::from(work == "batches"),
            latency: Percentiles {
                mean_us: p50,
                p50_us: p50,
                p90_us: p50 * 2.0,
                p99_us: p50 * 3.0,
                p999_us: p50 * 4.0,
                max_us: p50 * 5.0,
            },
            waited: Percentiles::default(),
            statuses: BTreeMap::from([(200, 10_000), (503, 2)]),
            failures: 1,
            complaint: (work == "reads").then(|| "503: busy".to_owned()),
        }
    }

    fn report() -> Report {
        let server = vec![
            stream("batches", None, 6_000.0),
            stream("reads", Some(1_000.0), 120.0),
        ];
        let bare_http = vec![
            stream("batches", None, 2_000.0),
            stream("reads", Some(1_000.0), 80.0),
        ];
        let fdatasync = Some(Percentiles {
            p50_us: 60.0,
            p99_us: 200.0,
            ..Percentiles::default()
        });
        Report {
            url: "http://127.0.0.1:8080".into(),
            members: 1_000_000,
            batch: 1_000,
            seconds: 10.0,
            warm_up: 2.5,
            setup: Some(Filled {
                accepted: 1_000_000,
                rejected: 0,
                seconds: 4.0,
                bytes_a_member: Some(239.6),
            }),
            ratios: ratios(&server, &bare_http, fdatasync.as_ref(), fdatasync.as_ref()),
            server,
            bare_http,
            process: Some(Process {
                pid: 42,
                resident: 240_000_000,
                resident_peak: 250_000_000,
                cpu_us_an_order: Some(0.912),
            }),
            processors: Shares {
                server: 0.7,
                generator: 0.1,
                others: 0.05,
                idle: 0.15,
            },
            fdatasync,
            fdatasync_paced: fdatasync,
        }
    }

    /// Compares with a golden file, or rewrites it under `UPDATE=1`.
    fn check(name: &str, found: &str) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/run/golden")
            .join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, found).expect("written");
        }
        let golden = std::fs::read_to_string(&path).expect("the golden file");
        assert_eq!(found, golden, "{name}: run with UPDATE=1 if this is meant");
    }

    #[test]
    fn the_table_is_the_golden_one() {
        check("report.txt", &table(&report()));
    }

    #[test]
    fn the_json_is_the_golden_one() {
        let json = serde_json::to_string_pretty(&report()).expect("JSON");
        check("report.json", &(json + "\n"));
    }
}
