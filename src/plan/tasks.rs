//! Things to do that wait for each other, done by two hands: each takes the first that is ready.

use parking_lot::{Condvar, Mutex};

use crate::plan::hands::{Hands, both};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waits,
    Begun,
    Done,
}

/// What has been done so far.
struct Desk<'n> {
    needs: &'n [Vec<usize>],
    stages: Mutex<Vec<Stage>>,
    changed: Condvar,
}

/// A thing that is being done; done when this is dropped, though it be by a panic, so that nobody waits for ever.
struct Begun<'d, 'n> {
    desk: &'d Desk<'n>,
    task: usize,
}

impl Drop for Begun<'_, '_> {
    fn drop(&mut self) {
        self.desk.stages.lock()[self.task] = Stage::Done;
        self.desk.changed.notify_all();
    }
}

impl<'n> Desk<'n> {
    /// Takes the next thing, as soon as one is ready; none when all are taken.
    fn next(&self) -> Option<Begun<'_, 'n>> {
        let mut stages = self.stages.lock();
        loop {
            let mut waiting = (0..stages.len()).filter(|&task| stages[task] == Stage::Waits);
            let needs = |task: usize| self.needs[task].iter();
            let is_ready = |&task: &usize| needs(task).all(|&other| stages[other] == Stage::Done);
            if let Some(task) = waiting.clone().find(is_ready) {
                stages[task] = Stage::Begun;
                return Some(Begun { desk: self, task });
            }
            waiting.next()?;
            self.changed.wait(&mut stages);
        }
    }

    fn work(&self, each: &(dyn Fn(usize) + Sync)) {
        while let Some(begun) = self.next() {
            each(begun.task);
        }
    }
}

/// Does each of some things once, after those that it needs, which must stand before it. O(things squared) beside them.
pub fn all(hands: &dyn Hands, needs: &[Vec<usize>], each: &(dyn Fn(usize) + Sync)) {
    let desk = Desk {
        needs,
        stages: Mutex::new(vec![Stage::Waits; needs.len()]),
        changed: Condvar::new(),
    };
    both(hands, || desk.work(each), || desk.work(each));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::hands::Alone;

    #[test]
    fn each_is_done_once_and_after_what_it_needs() {
        let needs = [vec![], vec![0], vec![], vec![1, 2], vec![2]];
        let done = Mutex::new(Vec::new());
        all(&Alone, &needs, &|task| {
            let mut done = done.lock();
            assert!(needs[task].iter().all(|need| done.contains(need)));
            done.push(task);
        });
        let mut done = done.into_inner();
        done.sort_unstable();
        assert_eq!(done, [0, 1, 2, 3, 4]);
    }
}
