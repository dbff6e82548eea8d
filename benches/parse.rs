//! One order line as `/v1/events` gets it: the scanner of the hot path, and serde_json with borrowed fields as its peer.
//!
//! `cargo bench --bench parse`; the last line is the ratio of the two medians. The peer only takes the text apart; the
//! scanner also checks the ids, reads time and decimals, and makes the command.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use arborline::api::parse::hot;
use arborline::api::parse::names::Names;
use criterion::Criterion;
use serde::Deserialize;

const LINE: &str = r#"{"id":"Lt3a9v00001c","type":"order.accepted","at":"2026-11-25T14:06:00Z","data":{"member":"M00000417329","volumes":{"cv":"130.00","pv":"104.00"},"amount":"130.00","currency":"USD"}}"#;

/// Lines read in one sample of the ratio.
const LINES: u32 = 20_000;
/// Samples of the ratio.
const SAMPLES: usize = 51;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    name: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    member: Cow<'a, str>,
    #[serde(borrow)]
    volumes: BTreeMap<&'a str, &'a str>,
    #[serde(borrow)]
    amount: Option<&'a str>,
    #[serde(borrow)]
    currency: Option<&'a str>,
}

fn names() -> Names {
    Names {
        kinds: vec!["cv".into(), "pv".into()],
        trees: vec!["enroller".into(), "binary".into()],
        period_types: vec!["month".into()],
    }
}

fn scanned(names: &Names) {
    let line = std::str::from_utf8(black_box(LINE.as_bytes())).expect("UTF-8");
    black_box(hot::enveloped(line, names).expect("a plain order"));
}

fn by_the_peer() {
    let event: Event<'_> = serde_json::from_slice(black_box(LINE.as_bytes())).expect("JSON");
    let data = event.data;
    black_box((event.id, event.name, event.at));
    black_box((data.member, data.volumes, data.amount, data.currency));
}

fn took(mut read: impl FnMut()) -> Duration {
    let begin = Instant::now();
    (0..LINES).for_each(|_| read());
    begin.elapsed()
}

fn main() {
    let names = names();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("order line");
    group.bench_function("scanner", |bencher| bencher.iter(|| scanned(&names)));
    group.bench_function("serde_json, borrowed", |bencher| bencher.iter(by_the_peer));
    group.finish();
    criterion.final_summary();
    // Turn and turn about, so that whatever else the machine does meets both alike.
    let mut pairs: Vec<f64> = (0..SAMPLES)
        .map(|_| took(|| scanned(&names)).as_secs_f64() / took(by_the_peer).as_secs_f64())
        .collect();
    pairs.sort_unstable_by(f64::total_cmp);
    println!("scanner to serde_json: {:.2}", pairs[SAMPLES / 2]);
}
