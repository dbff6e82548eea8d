//! Snapshots: an image in its directory, the directory of its pages, and the manifest that says that it is whole.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use arborline::arena::image::{ImageReader, ImageWriter};
use arborline::base::bytes::{Malformed, SharedBytes};
use arborline::base::time::Time;
use arborline::engine::image::FORMAT;
use arborline::engine::state::State;
use arborline::runtime::begin;
use arborline::store::fault::Fault;
use arborline::store::sealed;
use arborline::store::segment::Expected;
use arborline::store::snapshot::{self, Manifest, Subject};
use serde_json::Value;

use super::belt::{Answer, answer, hash};
use super::heal;
use super::shelf::Shelf;
use crate::disk::sim::SimDisk;
use crate::histories::{drawn, executed};
use crate::log::history::{LOG_ID, directory};

const EXPECTED: Expected = Expected {
    log_id: LOG_ID,
    machine_version: Some(7),
};
/// Bytes under one check.
const BLOCK: usize = 64 << 10;

/// A directory with one snapshot.
struct Sample {
    shelf: Shelf,
    seq: u64,
    digest: u64,
    image: PathBuf,
    manifest: PathBuf,
    /// The image's bytes where words may begin.
    bytes: SharedBytes,
    pages: (usize, usize),
    tables: Vec<u8>,
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let (rules, commands) = drawn(3, 160);
    let mut state = executed(&rules, &commands);
    let disk = SimDisk::new();
    let directory = directory(&disk);
    let twin = state.twin();
    let mut writer = ImageWriter::default();
    twin.put(&mut writer);
    let (pages, tables) = writer.finish();
    let subject = Subject {
        seq: state.as_of_seq,
        stamp: Time(1_000),
        now: Time(2_000),
        image_format: FORMAT,
        pace: snapshot::Pace::Alone,
    };
    let pages = pages.iter().map(|page| bytemuck::cast_slice(page));
    let manifest = snapshot::write(&directory, &EXPECTED, subject, (pages, &tables));
    let manifest = manifest.expect("a disk in order");
    snapshot::publish(&directory, &manifest).expect("a disk in order");
    let seq = state.as_of_seq;
    let found = snapshot::open(&directory, &EXPECTED, FORMAT, seq).expect("a disk in order");
    let [image, manifest] = snapshot::paths(&directory, seq);
    Sample {
        shelf: Shelf::of(&disk),
        seq,
        digest: state.full_digest(),
        image,
        manifest,
        bytes: Arc::clone(found.bytes()),
        pages: found.pages(),
        tables,
    }
});

pub(super) fn images() -> Vec<Vec<u8>> {
    vec![SAMPLE.shelf.bytes(&SAMPLE.image).to_vec()]
}

pub(super) fn manifests() -> Vec<Vec<u8>> {
    vec![SAMPLE.shelf.bytes(&SAMPLE.manifest).to_vec()]
}

pub(super) fn tables() -> Vec<Vec<u8>> {
    vec![SAMPLE.tables.clone()]
}

/// The state that a directory's snapshot holds.
fn state(shelf: &Shelf) -> Result<State, Fault> {
    let beginning = begin::read(&shelf.directory(), &EXPECTED, SAMPLE.seq)?;
    Ok(beginning.state)
}

/// A state by its digest.
fn told(read: Result<State, Fault>) -> Answer {
    let read = read.map(|state| state.full_digest());
    answer(&read.map_err(|fault| fault.to_string()))
}

/// Whatever was put together can be taken down and put together again.
fn again(state: &State) -> u64 {
    let mut writer = ImageWriter::default();
    state.put(&mut writer);
    let (pages, tables) = writer.finish();
    let pages = pages.concat();
    let bytes: SharedBytes = Arc::new(Words(pages));
    let len = (*bytes).as_ref().len();
    let first = take(&tables, &bytes, (0, len)).expect("what was just taken down");
    let mut second = ImageWriter::default();
    first.put(&mut second);
    let (pages, same) = second.finish();
    assert!(same == tables);
    hash((pages.concat(), tables))
}

/// Words as bytes, which begin where words may.
struct Words(Vec<u64>);

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

fn take(tables: &[u8], bytes: &SharedBytes, pages: (usize, usize)) -> Result<State, Malformed> {
    // Where it lies in a file it is aligned.
    let mut aligned = rkyv::util::AlignedVec::<16>::new();
    aligned.extend_from_slice(tables);
    State::take(ImageReader::new(&aligned, bytes, pages)?)
}

/// An image is refused where any of its bytes is another one.
pub(super) fn image(bytes: &[u8]) -> Answer {
    let read = told(state(&SAMPLE.shelf.with(&SAMPLE.image, bytes)));
    assert!(read.is_err() || read == Ok(hash(SAMPLE.digest)));
    read
}

/// The manifest as JSON, and the number in it that a path leads to.
fn manifest_value() -> Value {
    let text = SAMPLE.shelf.bytes(&SAMPLE.manifest);
    sealed::read(&SAMPLE.manifest, text).expect("a manifest")
}

/// An image whose checks hold over what was changed: it is read as a state, or refused.
pub(super) fn image_healed(bytes: &[u8]) -> Answer {
    let mut manifest = manifest_value();
    let number = |value: &Value| value.as_u64().expect("a number") as usize;
    let from = number(&manifest["checks"]["from"]);
    let mut bytes = bytes.to_vec();
    bytes.resize(from, 0);
    let checks = bytes
        .chunks(BLOCK)
        .map(|block| crc32c::crc32c(block).to_le_bytes());
    let checks = checks.collect::<Vec<_>>().concat();
    bytes.extend_from_slice(&checks);
    manifest["checks_crc"] = crc32c::crc32c(&checks).into();
    let shelf = SAMPLE.shelf.with(&SAMPLE.image, &bytes);
    let shelf = shelf.with(&SAMPLE.manifest, &sealed::put(&manifest));
    let read = state(&shelf).map(|state| again(&state));
    answer(&read.map_err(|fault| fault.to_string()))
}

/// The directory of an image's pages, which no check stands before: it leads to a state, or to none.
pub(super) fn directory_of_pages(bytes: &[u8]) -> Answer {
    let read = take(bytes, &SAMPLE.bytes, SAMPLE.pages);
    answer(&read.map(|state| again(&state)).map_err(|Malformed| ()))
}

fn opened(bytes: &[u8]) -> Result<State, Fault> {
    let read = sealed::read::<Manifest>(&SAMPLE.manifest, bytes);
    if let Ok(manifest) = &read {
        let again = sealed::put(manifest);
        assert_eq!(
            sealed::read(&SAMPLE.manifest, &again).as_ref(),
            Ok(manifest)
        );
    }
    state(&SAMPLE.shelf.with(&SAMPLE.manifest, bytes))
}

/// A manifest is refused where it is not the one that was written.
pub(super) fn manifest(bytes: &[u8]) -> Answer {
    let read = told(opened(bytes));
    assert!(read.is_err() || read == Ok(hash(SAMPLE.digest)));
    read
}

/// A manifest whose checksum holds leads to a state or is refused, wherever it says that something lies.
pub(super) fn manifest_healed(bytes: &[u8]) -> Answer {
    let read = opened(&heal::line(bytes, b'\n')).map(|state| again(&state));
    answer(&read.map_err(|fault| fault.to_string()))
}
