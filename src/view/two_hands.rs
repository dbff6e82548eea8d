//! A second thread for a pass over everybody.

use std::thread;

use crate::plan::hands::Hands;

/// Does two things at once, one of them on a thread of its own; one after the other where there is none to be had.
#[derive(Debug, Clone, Copy)]
pub struct TwoHands;

impl Hands for TwoHands {
    fn do_both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        let begun = thread::scope(|scope| {
            let thread = thread::Builder::new().name("pass".to_owned());
            let begun = thread.spawn_scoped(scope, &mut *other).is_ok();
            one();
            begun
        });
        if !begun {
            other();
        }
    }
}
