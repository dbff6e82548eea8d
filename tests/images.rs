//! States through their images: what is put together from an image is the state it was taken of, goes on like it, and no
//! image that is cut or garbled puts together anything but a state or nothing.

use std::sync::Arc;

use arborline::arena::image::{ImageReader, ImageWriter};
use arborline::base::bytes::{Malformed, SharedBytes};
use arborline::engine::state::State;

use crate::chance::{Chance, scale};
use crate::histories;

/// An image as a file would hold it.
struct Image {
    pages: SharedBytes,
    directory: Vec<u8>,
}

/// Words as bytes, which begin where words may.
struct Words(Vec<u64>);

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Image {
    fn of(state: &mut State) -> Image {
        let twin = state.twin();
        let mut writer = ImageWriter::default();
        twin.put(&mut writer);
        let (pages, directory) = writer.finish();
        Image {
            pages: Arc::new(Words(pages.concat())),
            directory,
        }
    }

    fn open(&self) -> Result<State, Malformed> {
        let len = (*self.pages).as_ref().len();
        // Where it lies in a file it is aligned.
        let mut directory = rkyv::util::AlignedVec::<16>::new();
        directory.extend_from_slice(&self.directory);
        State::take(ImageReader::new(&directory, &self.pages, (0, len))?)
    }
}

/// A state put together from the image of another.
pub(crate) fn through_image(state: &mut State) -> State {
    Image::of(state).open().expect("an image just taken")
}

#[test]
fn an_image_of_an_image_is_the_same() {
    for seed in 0..20 * scale() {
        let (rules, commands) = histories::drawn(seed, 120);
        let mut state = histories::executed(&rules, &commands);
        let first = Image::of(&mut state);
        let mut again = first.open().expect("an image just taken");
        assert_eq!(again.full_digest(), state.full_digest(), "seed {seed}");
        let second = Image::of(&mut again);
        assert_eq!(first.directory, second.directory, "seed {seed}");
        let bytes = |image: &Image| (*image.pages).as_ref().to_vec();
        assert!(bytes(&first) == bytes(&second), "seed {seed}: pages differ");
        assert_eq!(again.next_timer(), state.next_timer(), "seed {seed}");
    }
}

#[test]
fn what_is_written_after_leaves_the_image_alone() {
    let (rules, commands) = histories::drawn(7, 200);
    let (first, later) = commands.split_at(100);
    let mut state = histories::executed(&rules, first);
    let image = Image::of(&mut state);
    let before = (*image.pages).as_ref().to_vec();
    let mut again = image.open().expect("an image just taken");
    histories::execute(&mut state, later);
    histories::execute(&mut again, later);
    assert_eq!(again.full_digest(), state.full_digest());
    assert!(before == (*image.pages).as_ref(), "an image was written");
}

#[test]
fn a_directory_that_is_garbled_is_refused_or_read() {
    let (rules, commands) = histories::drawn(11, 60);
    let image = Image::of(&mut histories::executed(&rules, &commands));
    let mut chance = Chance::new(5);
    for cut in 0..image.directory.len() {
        let directory = image.directory[..cut].to_vec();
        let pages = Arc::clone(&image.pages);
        assert!(Image { pages, directory }.open().is_err(), "cut at {cut}");
    }
    for _ in 0..2_000 * scale() {
        let mut directory = image.directory.clone();
        let at = chance.below(directory.len());
        directory[at] ^= 1 << chance.below(8);
        let pages = Arc::clone(&image.pages);
        // Checksums tell damage; here it must only never be read as what lies outside.
        let _: Result<State, Malformed> = Image { pages, directory }.open();
    }
}
