//! A disk in memory with a page cache: what was not synced can be lost, torn or reordered, names apart from bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use arborline::store::disk::{Access, Disk, DiskFile, File, Lock};

use crate::chance::Chance;

mod losses;

/// Operations that change the disk or make it durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Write,
    SetLen,
    Sync,
    Create,
    Rename,
    Remove,
    SyncDir,
}

pub(crate) const OPS: [Op; 7] = [
    Op::Write,
    Op::SetLen,
    Op::Sync,
    Op::Create,
    Op::Rename,
    Op::Remove,
    Op::SyncDir,
];

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Everything from operation `n` on fails, as if the power were gone.
    PowerOff { n: u64 },
    /// The `n`-th operation of a kind fails.
    Fail {
        op: Op,
        n: u64,
        error: io::ErrorKind,
        for_ever: bool,
    },
    /// The `n`-th write takes only half of its bytes and says so.
    ShortWrite { n: u64 },
    /// The `n`-th write puts half of its bytes down and fails.
    HalfWrite { n: u64 },
}

/// What a disk says that is not so: as if the program above had a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Every so-manieth sync of a file is not done.
    Sync { every: u64 },
    /// No name is made durable.
    Names,
    /// A sync makes bytes durable and not that the file has grown.
    Growth,
    /// A write that took half of its bytes says that it took all.
    Short,
    /// A sync that failed says that it did not.
    Failure,
    /// Bytes become durable behind the names of their files, with the next sync of the folder.
    Order,
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

#[derive(Debug, Clone, Default)]
struct Inode {
    cache: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    sync_failed: bool,
}

#[derive(Debug, Clone)]
enum NameChange {
    Link(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

#[derive(Default)]
struct World {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    pending_names: Vec<NameChange>,
    locked: BTreeSet<PathBuf>,
    done: u64,
    done_by_kind: [u64; OPS.len()],
    trouble: Option<Trouble>,
    lie: Option<Lie>,
    /// Syncs of files so far.
    syncs: u64,
    /// The trouble has been met.
    struck: bool,
    /// A file was synced again although a sync of it had failed before.
    synced_twice: bool,
    free: u64,
}

/// A disk in memory; clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct SimDisk(Arc<Mutex<World>>, Gate);

/// Holds every sync up while it is shut.
type Gate = Arc<(Mutex<bool>, Condvar)>;

struct SimFile {
    world: Arc<Mutex<World>>,
    gate: Gate,
    inode: usize,
}

struct SimLock {
    world: Arc<Mutex<World>>,
    path: PathBuf,
}

/// Which of the changes that were not synced a crash leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survivors {
    /// None.
    None,
    /// All, as after the death of the process alone.
    All,
    /// All bytes but no names.
    BytesOnly,
    /// All names but no bytes.
    NamesOnly,
    /// Any, torn anywhere, drawn by chance.
    Some,
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::SetLen(len) => bytes.resize(usize::try_from(*len).unwrap(), 0),
        Change::Write(at, data) => {
            let at = usize::try_from(*at).unwrap();
            if bytes.len() < at + data.len() {
                bytes.resize(at + data.len(), 0);
            }
            bytes[at..at + data.len()].copy_from_slice(data);
        }
    }
}

fn apply_name(names: &mut BTreeMap<PathBuf, usize>, change: &NameChange) {
    match change {
        NameChange::Link(path, inode) => {
            names.insert(path.clone(), *inode);
        }
        NameChange::Rename(from, to) => {
            if let Some(inode) = names.remove(from) {
                names.insert(to.clone(), inode);
            }
        }
        NameChange::Remove(path) => {
            names.remove(path);
        }
    }
}

/// Part of a write, as a disk might have been caught in the middle of it.
fn tear(change: &Change, chance: &mut Chance) -> Option<Change> {
    let Change::Write(at, data) = change else {
        return (chance.below(2) == 0).then(|| change.clone());
    };
    let cut = chance.below(data.len() + 1);
    match chance.below(4) {
        0 => None,
        1 => Some(change.clone()),
        2 => Some(Change::Write(*at, data[..cut].to_vec())),
        _ => Some(Change::Write(at + cut as u64, data[cut..].to_vec())),
    }
}

impl World {
    /// Counts an operation and says whether and how it goes wrong.
    fn meet(&mut self, op: Op) -> Result<Option<Trouble>, io::Error> {
        let kind = OPS.iter().position(|other| *other == op).unwrap();
        let (all, same) = (self.done, self.done_by_kind[kind]);
        self.done += 1;
        self.done_by_kind[kind] += 1;
        let met = match self.trouble {
            Some(Trouble::PowerOff { n }) if all >= n => Err(io::ErrorKind::BrokenPipe.into()),
            Some(Trouble::Fail {
                op: which,
                n,
                error,
                for_ever,
            }) if which == op && (same == n || for_ever && same > n) => Err(error.into()),
            Some(trouble @ (Trouble::ShortWrite { n } | Trouble::HalfWrite { n }))
                if op == Op::Write && same == n =>
            {
                Ok(Some(trouble))
            }
            _ => return Ok(None),
        };
        self.struck = true;
        met
    }
}

impl SimDisk {
    /// An empty disk.
    pub(crate) fn new() -> SimDisk {
        let disk = SimDisk::default();
        disk.world().free = u64::MAX;
        disk
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// An empty disk that says what is not so.
    pub(crate) fn lying(lie: Lie) -> SimDisk {
        let disk = SimDisk::new();
        disk.world().lie = Some(lie);
        disk
    }

    /// Holds every sync up from now on, or lets them go on.
    pub(crate) fn shut(&self, shut: bool) {
        *self.1.0.lock().unwrap() = shut;
        self.1.1.notify_all();
    }

    /// What goes wrong from now on; counting begins anew.
    pub(crate) fn plan(&self, trouble: Option<Trouble>) {
        let mut world = self.world();
        world.trouble = trouble;
        world.struck = false;
        world.done = 0;
        world.done_by_kind = Default::default();
    }

    /// Whether what was planned has happened, whoever met it.
    pub(crate) fn struck(&self) -> bool {
        self.world().struck
    }

    /// Operations since the last [`SimDisk::plan`].
    pub(crate) fn done(&self) -> u64 {
        self.world().done
    }

    /// Operations of one kind since the last [`SimDisk::plan`].
    pub(crate) fn done_of(&self, op: Op) -> u64 {
        self.world().done_by_kind[OPS.iter().position(|other| *other == op).unwrap()]
    }

    /// Whether a file was synced again although a sync of it had failed before.
    pub(crate) fn synced_twice(&self) -> bool {
        self.world().synced_twice
    }

    /// Sets the free space that the disk tells of.
    pub(crate) fn set_free(&self, bytes: u64) {
        self.world().free = bytes;
    }

    /// Every file with its bytes as a process sees them now.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let world = self.world();
        let named = world.names.iter();
        named
            .map(|(path, inode)| (path.clone(), world.inodes[*inode].cache.clone()))
            .collect()
    }

    /// The same disk with one file changed; everything on it is durable.
    pub(crate) fn with(&self, path: &Path, bytes: Vec<u8>) -> SimDisk {
        let image = self.image(Survivors::All, &mut Chance::new(0));
        let mut world = image.world();
        let inode = world.names[path];
        world.inodes[inode].cache.clone_from(&bytes);
        world.inodes[inode].durable = bytes;
        drop(world);
        image
    }

    /// Changes bits of one byte of a file.
    pub(crate) fn flip(&self, path: &Path, at: usize, bits: u8) {
        let mut world = self.world();
        let inode = world.names[path];
        world.inodes[inode].cache[at] ^= bits;
    }

    /// Puts a file there, durably.
    pub(crate) fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut world = self.world();
        let inode = world.inodes.len();
        world.inodes.push(Inode {
            cache: bytes.clone(),
            durable: bytes,
            ..Inode::default()
        });
        world.names.insert(path.to_owned(), inode);
        world.durable_names.insert(path.to_owned(), inode);
    }

    /// The disk that a crash leaves behind: unlocked, and without trouble.
    pub(crate) fn image(&self, survivors: Survivors, chance: &mut Chance) -> SimDisk {
        let world = self.world();
        let mut files = Vec::new();
        for inode in &world.inodes {
            let mut bytes = inode.durable.clone();
            match survivors {
                Survivors::None | Survivors::NamesOnly => {}
                // A cache that lives on keeps even what a failed sync forgot to write.
                Survivors::All | Survivors::BytesOnly => bytes.clone_from(&inode.cache),
                Survivors::Some => {
                    for change in &inode.pending {
                        if let Some(change) = tear(change, chance) {
                            apply(&mut bytes, &change);
                        }
                    }
                }
            }
            files.push(bytes);
        }
        let mut names = world.durable_names.clone();
        for change in &world.pending_names {
            let kept = match survivors {
                Survivors::None | Survivors::BytesOnly => false,
                Survivors::All | Survivors::NamesOnly => true,
                Survivors::Some => chance.below(2) == 0,
            };
            if kept {
                apply_name(&mut names, change);
            }
        }
        SimDisk::of(files, names)
    }

    /// A disk on which these files lie, durably, under these names.
    fn of(files: Vec<Vec<u8>>, names: BTreeMap<PathBuf, usize>) -> SimDisk {
        let inodes = files.into_iter().map(|bytes| Inode {
            cache: bytes.clone(),
            durable: bytes,
            ..Inode::default()
        });
        let world = World {
            inodes: inodes.collect(),
            durable_names: names.clone(),
            names,
            free: u64::MAX,
            ..World::default()
        };
        SimDisk(Arc::new(Mutex::new(world)), Gate::default())
    }

    /// The disk after the death of the process alone: the cache lives on, what was not durable still is not.
    pub(crate) fn survive_process(&self) {
        let mut world = self.world();
        world.locked.clear();
        for inode in &mut world.inodes {
            inode.sync_failed = false;
        }
        drop(world);
        self.plan(None);
    }

    fn file(&self, inode: usize) -> File {
        Arc::new(SimFile {
            world: Arc::clone(&self.0),
            gate: Arc::clone(&self.1),
            inode,
        })
    }
}

impl Disk for SimDisk {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn open(&self, path: &Path, _: Access) -> io::Result<File> {
        let inode = self.world().names.get(path).copied();
        Ok(self.file(inode.ok_or(io::ErrorKind::NotFound)?))
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        let mut world = self.world();
        world.meet(Op::Create)?;
        let inode = match world.names.get(path).copied() {
            Some(inode) => inode,
            None => {
                world.inodes.push(Inode::default());
                let inode = world.inodes.len() - 1;
                world.names.insert(path.to_owned(), inode);
                world
                    .pending_names
                    .push(NameChange::Link(path.to_owned(), inode));
                inode
            }
        };
        let emptied = &mut world.inodes[inode];
        emptied.cache.clear();
        emptied.pending.push(Change::SetLen(0));
        // What a failed sync forgot to write is not there any more.
        emptied.sync_failed = false;
        drop(world);
        Ok(self.file(inode))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.meet(Op::Rename)?;
        if !world.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let change = NameChange::Rename(from.to_owned(), to.to_owned());
        apply_name(&mut world.names, &change);
        world.pending_names.push(change);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.meet(Op::Remove)?;
        let change = NameChange::Remove(path.to_owned());
        apply_name(&mut world.names, &change);
        world.pending_names.push(change);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let world = self.world();
        let inside = world.names.keys().filter(|path| path.parent() == Some(dir));
        let name = |path: &PathBuf| path.file_name()?.to_str().map(str::to_owned);
        Ok(inside.filter_map(name).collect())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.meet(Op::SyncDir)?;
        if world.lie == Some(Lie::Names) {
            return Ok(());
        }
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut world.pending_names)
            .into_iter()
            .partition(|change| {
                let (NameChange::Link(path, _)
                | NameChange::Rename(path, _)
                | NameChange::Remove(path)) = change;
                path.parent() == Some(dir)
            });
        for change in &now {
            apply_name(&mut world.durable_names, change);
        }
        world.pending_names = later;
        if world.lie == Some(Lie::Order) {
            for inode in &mut world.inodes {
                for change in std::mem::take(&mut inode.pending) {
                    apply(&mut inode.durable, &change);
                }
            }
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let mut world = self.world();
        if !world.locked.insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Box::new(SimLock {
            world: Arc::clone(&self.0),
            path: path.to_owned(),
        })))
    }

    fn free_space(&self, _: &Path) -> io::Result<u64> {
        Ok(self.world().free)
    }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.world.lock().unwrap().inodes[self.inode].cache.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let world = self.world.lock().unwrap();
        let cache = &world.inodes[self.inode].cache;
        let from = usize::try_from(at).unwrap().min(cache.len());
        let read = bytes.len().min(cache.len() - from);
        bytes[..read].copy_from_slice(&cache[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let mut world = self.world.lock().unwrap();
        let met = world.meet(Op::Write)?;
        let taken = if met.is_some() {
            bytes.len() / 2
        } else {
            bytes.len()
        };
        let change = Change::Write(at, bytes[..taken].to_vec());
        let inode = &mut world.inodes[self.inode];
        apply(&mut inode.cache, &change);
        inode.pending.push(change);
        match met {
            Some(Trouble::ShortWrite { .. }) if world.lie == Some(Lie::Short) => Ok(bytes.len()),
            Some(Trouble::HalfWrite { .. }) => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(taken),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut world = self.world.lock().unwrap();
        world.meet(Op::SetLen)?;
        let inode = &mut world.inodes[self.inode];
        apply(&mut inode.cache, &Change::SetLen(len));
        inode.pending.push(Change::SetLen(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let shut = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_while(shut, |shut| *shut).unwrap());
        let mut world = self.world.lock().unwrap();
        world.synced_twice |= world.inodes[self.inode].sync_failed;
        let met = world.meet(Op::Sync);
        if met.is_err() && matches!(world.trouble, Some(Trouble::PowerOff { .. })) {
            return met.map(|_| ());
        }
        world.syncs += 1;
        let (lie, syncs) = (world.lie, world.syncs);
        match lie {
            Some(Lie::Sync { every }) if syncs.is_multiple_of(every) => return Ok(()),
            Some(Lie::Order) => return Ok(()),
            Some(Lie::Failure) if met.is_err() => return Ok(()),
            _ => {}
        }
        let inode = &mut world.inodes[self.inode];
        let pending = std::mem::take(&mut inode.pending);
        if let Err(error) = met {
            // The pages are clean now, although they never reached the disk.
            inode.sync_failed = true;
            return Err(error);
        }
        let length = inode.durable.len();
        for change in &pending {
            apply(&mut inode.durable, change);
        }
        if lie == Some(Lie::Growth) {
            inode.durable.truncate(length);
        }
        Ok(())
    }
}

impl Drop for SimLock {
    fn drop(&mut self) {
        // The process is dead already where a crash was planned, and a dead process holds no lock.
        self.world.lock().unwrap().locked.remove(&self.path);
    }
}
