//! What lies on a disk: frames, batches, commands, packed segments, snapshots, manifests, runs, whole directories.
//!
//! A checksum keeps nearly every change from what stands behind it. So the readers behind are tried by themselves, or with the
//! checksum made right again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arborline::arena::image::ImageReader;
use arborline::base::bytes::SharedBytes;
use arborline::engine::command::Command;
use arborline::engine::state::State;
use arborline::runtime::settings::Settings;
use arborline::runtime::{decisions, offline};
use arborline::store::archive::Archive;
use arborline::store::backup;
use arborline::store::batch::Batch;
use arborline::store::directory::Directory;
use arborline::store::disk::{Access, Disk, DiskFile, File};
use arborline::store::frame::Kind;
use arborline::store::frames::{Frames, Step};
use arborline::store::outcomes::Outcomes;
use arborline::store::packed::Packed;
use arborline::store::run_reader::RunFile;
use arborline::store::segment::Expected;
use arborline::store::{runs, snapshot};
use object_store::memory::InMemory;

use super::Target;
use crate::disk::sim::SimDisk;

pub(super) const TARGETS: &[Target] = &[
    row("frames", frames_of, 80_000, read_frames),
    row("batches", batches, 120_000, read_batch),
    row("commands", commands, 320_000, read_command),
    row("decisions", told, 120_000, read_decisions),
    row("packed segments", packed, 24_000, read_packed),
    row("packed segments made right", packed, 24_000, |bytes| {
        read_packed(&packed_right(bytes))
    }),
    row("image directories", tables, 40_000, read_tables),
    row("manifests", manifests, 80_000, |bytes| {
        read_manifest(&sealed_right(bytes))
    }),
    row("identities", identities, 80_000, |bytes| {
        read_identity(&line_right(bytes))
    }),
    row("runs", run_files, 40_000, |bytes| {
        read_run(&run_right(bytes))
    }),
    row("lists of backups", lists, 24_000, |bytes| {
        read_list(&sealed_right(bytes))
    }),
    row("directories", segments, 1_500, read_directory),
];

const fn row(
    name: &'static str,
    corpus: fn() -> Vec<Vec<u8>>,
    tries: u64,
    read: fn(&[u8]),
) -> Target {
    Target {
        name,
        corpus,
        words: &[],
        tries,
        read,
    }
}

/// Where a golden directory lies, and where it is put on a disk of the tests.
const GOLDEN: &str = "snapshots/snapshot-1-machine-1";
const DIR: &str = "/data/net";

fn golden(dir: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)
}

/// Files of a folder of a golden directory whose names end so, in order.
fn files(dir: &str, ending: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(golden(dir)).expect("a golden directory");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("in order").path())
        .collect();
    paths.retain(|path| path.is_file() && path.to_str().is_some_and(|path| path.ends_with(ending)));
    paths.sort_unstable();
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).expect("to read")))
        .collect()
}

fn bytes(files: Vec<(PathBuf, Vec<u8>)>) -> Vec<Vec<u8>> {
    files.into_iter().map(|(_, bytes)| bytes).collect()
}

/// A file of these bytes.
fn file(bytes: &[u8]) -> (File, PathBuf) {
    let (disk, path) = (SimDisk::new(), PathBuf::from("/data/file"));
    disk.put(&path, bytes.to_vec());
    (disk.open(&path, Access::Read).expect("it is there"), path)
}

fn frames_of() -> Vec<Vec<u8>> {
    let packed = bytes(files(&format!("{GOLDEN}/log"), ".zst"));
    packed
        .iter()
        .map(|bytes| zstd::stream::decode_all(bytes.as_slice()).expect("it is whole"))
        .collect()
}

/// First sequence of a plain segment, as its head says.
fn first_seq(segment: &[u8]) -> u64 {
    let (file, path) = file(segment);
    (1..500)
        .find(|first| {
            let mut frames = Frames::new(File::clone(&file), path.clone(), *first, 0);
            matches!(frames.step(u64::MAX), Ok(Step::Frame { .. }))
        })
        .expect("a segment of a small log")
}

/// Payloads of the frames of one kind.
fn payloads(of: Kind) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for segment in frames_of() {
        let first = first_seq(&segment);
        let (file, path) = file(&segment);
        let mut frames = Frames::new(file, path, first, 0);
        while let Ok(Step::Frame { header, .. }) = frames.step(segment.len() as u64) {
            if header.kind == of {
                found.push(frames.payload().to_vec());
            }
        }
    }
    found
}

fn batches() -> Vec<Vec<u8>> {
    payloads(Kind::Batch)
}

fn told() -> Vec<Vec<u8>> {
    payloads(Kind::Outcomes)
}

fn commands() -> Vec<Vec<u8>> {
    let all = batches();
    let all = all
        .iter()
        .map(|bytes| Batch::read(bytes).expect("it is whole"));
    all.flat_map(|batch| batch.iter().map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect()
}

fn read_frames(bytes: &[u8]) {
    let (file, path) = file(bytes);
    let mut frames = Frames::new(file, path, 1, 0);
    while let Ok(Step::Frame { .. }) = frames.step(bytes.len() as u64) {
        read_batch(frames.payload());
    }
    assert!(frames.at_byte() <= bytes.len() as u64);
}

fn read_batch(bytes: &[u8]) {
    let Ok(batch) = Batch::read(bytes) else {
        return;
    };
    let counted = batch.check_commands().is_ok();
    let all = batch.iter().count();
    assert!(!counted || all == batch.header.count as usize);
    batch.iter().for_each(read_command);
}

/// A command that can be read is written as the same command.
fn read_command(bytes: &[u8]) {
    let Ok(command) = Command::decode(bytes) else {
        return;
    };
    let mut written = Vec::new();
    command.encode(&mut written);
    assert_eq!(Command::decode(&written).as_ref(), Ok(&command));
}

fn read_decisions(bytes: &[u8]) {
    let Ok(told) = Outcomes::read(bytes) else {
        return;
    };
    // As many as a batch may hold; more is refused where batches are compared with them.
    let count = told.count.min(8_192) as usize;
    if let Ok(all) = decisions::decode(told.first_seq, count, told.bytes) {
        assert_eq!(all.outcomes.len(), count);
    }
}

fn packed() -> Vec<Vec<u8>> {
    bytes(files(&format!("{GOLDEN}/log"), ".zst"))
}

fn packed_right(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let length = bytes
        .get(4..8)
        .map(|length| u32::from_le_bytes(length.try_into().expect("four bytes")));
    let end = length.and_then(|length| usize::try_from(length).ok()?.checked_add(8));
    if let Some(end) = end.filter(|end| (16..=bytes.len()).contains(end)) {
        let crc = crc32c::crc32c(&bytes[16..end]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

fn read_packed(bytes: &[u8]) {
    let (file, path) = file(bytes);
    let Ok(packed) = Packed::open(file, &path, 1) else {
        return;
    };
    let size = packed.size().expect("it says so").min(1 << 20);
    let mut piece = vec![0; usize::try_from(size).expect("a megabyte at most")];
    let once = packed.read_at(&mut piece, 0).ok();
    let first = piece.clone();
    assert_eq!(packed.read_at(&mut piece, 0).ok(), once);
    assert_eq!(first, piece);
}

/// The golden image, and where its directory lies.
fn image() -> (Vec<u8>, std::ops::Range<usize>, (usize, usize)) {
    let image = files(&format!("{GOLDEN}/snapshots"), ".image").remove(0).1;
    let manifest = files(&format!("{GOLDEN}/snapshots"), ".json").remove(0).1;
    let line = manifest
        .split(|&byte| byte == b'\n')
        .next()
        .expect("a line");
    let told: serde_json::Value = serde_json::from_slice(line).expect("JSON");
    let part = |name: &str| {
        let number = |field: &str| told[name][field].as_u64().expect("a number") as usize;
        (number("from"), number("bytes"))
    };
    let (from, len) = part("directory");
    (image, from..from + len, part("pages"))
}

fn tables() -> Vec<Vec<u8>> {
    let (image, directory, _) = image();
    vec![image[directory].to_vec()]
}

fn read_tables(bytes: &[u8]) {
    thread_local! {
        static IMAGE: (SharedBytes, (usize, usize)) = {
            let (image, _, pages) = image();
            // Words begin where words may.
            let words: Vec<u128> = image.chunks(16).map(|word| {
                let mut whole = [0; 16];
                whole[..word.len()].copy_from_slice(word);
                u128::from_le_bytes(whole)
            }).collect();
            (Arc::new(Words(words)), pages)
        };
    }
    // rkyv asks for a beginning at a multiple of sixteen, as a mapped file has it.
    let mut aligned = vec![0_u128; bytes.len().div_ceil(16)];
    let copy: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned);
    copy[..bytes.len()].copy_from_slice(bytes);
    let tables = &copy[..bytes.len()];
    IMAGE.with(|(image, pages)| {
        if let Ok(state) = ImageReader::new(tables, image, *pages).and_then(State::take) {
            assert!(state.as_of_seq < u64::MAX);
        }
    });
}

struct Words(Vec<u128>);

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// Whatever the first line says, the second has its checksum.
fn sealed_right(bytes: &[u8]) -> Vec<u8> {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let crc = format!("\n{:08x}\n", crc32c::crc32c(line));
    [line, crc.as_bytes()].concat()
}

fn manifests() -> Vec<Vec<u8>> {
    bytes(files(&format!("{GOLDEN}/snapshots"), ".json"))
}

fn read_manifest(bytes: &[u8]) {
    let disk = SimDisk::new();
    let directory = Directory::new(Arc::new(disk.clone()), Path::new(DIR));
    let [image, manifest] = snapshot::paths(&directory, 401);
    disk.put(&image, vec![0; 5_000]);
    disk.put(&manifest, bytes.to_vec());
    let expected = Expected {
        log_id: [0; 16],
        machine_version: None,
    };
    if let Ok(found) = snapshot::open(&directory, &expected, 1, 401) {
        drop(found.tables());
        found.check().expect_err("zeros are no image");
    }
}

fn identities() -> Vec<Vec<u8>> {
    bytes(files(GOLDEN, "arborline.id"))
}

/// The last word of the line is the checksum of those before.
fn line_right(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let line = text
        .trim_end()
        .rsplit_once(' ')
        .map_or("", |(line, _)| line);
    format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes())).into_bytes()
}

fn read_identity(bytes: &[u8]) {
    let disk = SimDisk::new();
    disk.put(&Path::new(DIR).join("arborline.id"), bytes.to_vec());
    let directory = Directory::new(Arc::new(disk), Path::new(DIR));
    let found = directory.identity();
    assert_eq!(directory.identity(), found);
}

fn run_files() -> Vec<Vec<u8>> {
    bytes(files("snapshots/runs-2-machine-1/runs", ""))
}

fn run_right(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let head = bytes
        .get(12..16)
        .map(|head| u32::from_le_bytes(head.try_into().expect("four bytes")) as usize);
    if let Some(head) = head.filter(|head| (16..=bytes.len()).contains(head)) {
        let crc = crc32c::crc32c(&bytes[8..head]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

fn read_run(bytes: &[u8]) {
    let disk = SimDisk::new();
    let directory = Directory::new(Arc::new(disk.clone()), Path::new(DIR));
    disk.put(&runs::path(&directory, &[7; 32]), bytes.to_vec());
    let log_id = bytes
        .get(16..32)
        .and_then(|id| id.try_into().ok())
        .unwrap_or_default();
    let Ok(run) = RunFile::open(&directory, &[7; 32], &log_id) else {
        return;
    };
    if let Ok(lines) = run.lines(0, 10_000) {
        assert!(lines.len() as u64 <= run.head.lines);
    }
    drop((
        run.balances(0, 10_000),
        run.standing(),
        run.lines_of(1),
        run.balances_of(1),
    ));
}

fn lists() -> Vec<Vec<u8>> {
    super::corpus("backup")
}

fn read_list(bytes: &[u8]) {
    let archive = Archive::over("memory", Arc::new(InMemory::new())).expect("an archive");
    archive
        .put("backups/1.json", bytes.to_vec())
        .expect("memory");
    if let Ok(backup) = backup::read(&archive, "1") {
        let told = format!("{} {} {}", backup.id, backup.bytes(), backup.snapshot());
        assert!(told.starts_with("1 "));
    }
}

/// Each segment of the golden directory, with its number before it.
fn segments() -> Vec<Vec<u8>> {
    let all = files(&format!("{GOLDEN}/log"), "");
    let numbered = all
        .into_iter()
        .zip(0..)
        .map(|((_, bytes), number): (_, u8)| [&[number][..], &bytes].concat());
    numbered.collect()
}

/// The golden directory with one of its segments changed shows all of it, or names the damage.
fn read_directory(bytes: &[u8]) {
    let Some((&number, changed)) = bytes.split_first() else {
        return;
    };
    let disk = SimDisk::new();
    for folder in ["", "documents", "log"] {
        for (at, (path, bytes)) in files(&format!("{GOLDEN}/{folder}"), "")
            .into_iter()
            .enumerate()
        {
            let name = path.strip_prefix(golden(GOLDEN)).expect("of the directory");
            let is_it = folder == "log" && at == usize::from(number);
            disk.put(
                &Path::new(DIR).join(name),
                if is_it { changed.to_vec() } else { bytes },
            );
        }
    }
    let settings = Settings {
        disk: Arc::new(disk),
        ..Settings::new(Path::new(DIR))
    };
    if let Ok(read) = offline::read(&settings) {
        assert!(
            (387..=402).contains(&read.state.as_of_seq),
            "{}",
            read.state.as_of_seq
        );
    }
}
