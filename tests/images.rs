//! States through their images: what is put together from an image is the state it was taken of, goes on like it, and no
//! image that is cut or garbled puts together anything but a state or nothing.

use std::sync::Arc;

use arborline::arena::image::{ImageReader, ImageWriter};
use arborline::base::bytes::{Malformed, SharedBytes};
use arborline::engine::book::ClosedBook;
use arborline::engine::periods::PeriodState;
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

/// Whether anything but the image itself holds its pages.
fn is_held(image: &Image) -> bool {
    Arc::strong_count(&image.pages) > 1
}

fn has_books(state: &State) -> bool {
    state.periods.iter().any(|of| !of.books().is_empty())
}

#[test]
fn a_state_comes_into_memory_between_commands_and_lets_all_but_closed_books_go() {
    let (mut with_books, mut let_go) = (0, 0);
    for seed in 0..24 * scale() {
        let mut chance = Chance::new(seed);
        let (rules, commands) = histories::drawn(300 + seed, 240);
        let (first, later) = commands.split_at(40 + chance.below(120));
        let mut state = histories::executed(&rules, first);
        let image = Image::of(&mut state);
        let before = (*image.pages).as_ref().to_vec();
        let mut again = image.open().expect("an image just taken");
        assert!(is_held(&image), "seed {seed}");
        let (mut all_in, mut rest) = (false, later);
        let mut fork = None;
        while !all_in || !rest.is_empty() {
            if chance.below(3) > 0 {
                let bytes = 1 + chance.below(60_000);
                all_in = again.bring_in(bytes) == 0;
            } else {
                let (now, then) = rest.split_at(chance.below(20).min(rest.len()));
                histories::execute(&mut state, now);
                histories::execute(&mut again, now);
                rest = then;
            }
            if chance.below(9) == 0 {
                fork = Some((again.twin(), state.full_digest()));
            }
            assert_eq!(again.full_digest(), state.full_digest(), "seed {seed}");
        }
        if let Some((fork, digest)) = fork {
            assert_eq!(fork.full_digest(), digest, "seed {seed}: a fork");
        }
        assert!((*image.pages).as_ref() == before, "seed {seed}: the image");
        // Commands may have closed the last book that lay in it, and let it go.
        let held = is_held(&image);
        assert!(
            !held || has_books(&again),
            "seed {seed}: it is held for nothing"
        );
        with_books += u32::from(held);
        let_go += u32::from(!held);
    }
    assert!(with_books > 1 && let_go > 1, "{with_books}, {let_go}");
}

#[test]
fn closed_books_lie_in_an_image_that_holds_them_and_nothing_shows_it() {
    let mut with_books = 0;
    for seed in 0..16 * scale() {
        let mut chance = Chance::new(seed);
        let (rules, commands) = histories::drawn(500 + seed, 240);
        let (first, later) = commands.split_at(100 + chance.below(100));
        let (mut state, mut plain) = (
            histories::executed(&rules, first),
            histories::executed(&rules, first),
        );
        let image = Image::of(&mut state);
        // More may have come while the image was written: books that it has, and books that it has not.
        let (meanwhile, later) = later.split_at(chance.below(30));
        for state in [&mut state, &mut plain] {
            histories::execute(state, meanwhile);
        }
        let mut other = image.open().expect("an image just taken");
        let same = |of: &PeriodState, book: &ClosedBook| {
            let other = of.book(book.ordinal);
            other.is_some_and(|other| other.seq == book.seq)
        };
        let shared = state.periods.iter().zip(other.periods.iter());
        let shared: usize = shared
            .map(|(of, other)| of.books().iter().filter(|book| same(other, book)).count())
            .sum();
        state.periods.share_books(&mut other.periods);
        drop(other);
        assert_eq!(is_held(&image), shared > 0, "seed {seed}");
        assert_eq!(state.full_digest(), plain.full_digest(), "seed {seed}");
        for state in [&mut state, &mut plain] {
            histories::execute(state, later);
        }
        assert_eq!(state.full_digest(), plain.full_digest(), "seed {seed}");
        with_books += u32::from(shared > 0);
    }
    assert!(with_books > 3, "{with_books} with books");
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
