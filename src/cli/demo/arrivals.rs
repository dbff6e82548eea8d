//! What arrives live: the rest of the bundled facts in order of time, and when those are used up, orders by chance.

use crate::base::ids::{COMPANY, Text};
use crate::base::number::{UNIT, Volume};
use crate::base::time::Time;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::fault::Faults;
use crate::cli::import::plan::Plan;
use crate::engine::command::order::Order;
use crate::engine::command::{Command, Verb, Volumes};
use crate::runtime::handle::Handle;
use crate::runtime::submission::{Refused, Submission};

/// Amounts of the bundled orders, the frequent ones more often.
const AMOUNTS: [i64; 6] = [130, 120, 130, 120, 150, 200];
/// Time that passes from one invented order to the next.
const BETWEEN_MS: i64 = 60_000;
/// How long to wait before a full queue is offered the same again.
const OFFER_AGAIN: std::time::Duration = std::time::Duration::from_millis(20);

/// Facts to come.
pub struct Arrivals<'f> {
    plan: Plan<'f>,
    faults: Faults,
    chance: u64,
    invented: u64,
    last: Time,
    /// Facts told so far.
    pub told: u64,
}

impl<'f> Arrivals<'f> {
    /// The rest of a plan.
    #[must_use]
    pub fn new(plan: Plan<'f>, faults: Faults) -> Arrivals<'f> {
        Arrivals {
            plan,
            faults,
            chance: 0x9e37_79b9_7f4a_7c15,
            invented: 0,
            last: Time::MIN,
            told: 0,
        }
    }

    /// Tells up to `count` facts of the bundle: how many; none once they are used up.
    ///
    /// # Errors
    /// If the server takes nothing any more.
    pub async fn tell_bundled(&mut self, handle: &Handle, count: usize) -> Result<usize, Failure> {
        let mut commands = Vec::with_capacity(count);
        while commands.len() < count {
            match self.plan.next(&mut self.faults)? {
                Some(item) => commands.push(item.command),
                None => break,
            }
        }
        let told = commands.len();
        self.submit(handle, commands).await?;
        Ok(told)
    }

    /// Tells `count` orders by chance.
    ///
    /// # Errors
    /// If the server takes nothing any more.
    pub async fn tell_invented(&mut self, handle: &Handle, count: usize) -> Result<(), Failure> {
        let commands = (0..count).map(|_| self.invent(handle)).collect();
        self.submit(handle, commands).await
    }

    async fn submit(&mut self, handle: &Handle, commands: Vec<Command>) -> Result<(), Failure> {
        if commands.is_empty() {
            return Ok(());
        }
        self.told += commands.len() as u64;
        let mut submission = Submission { commands };
        loop {
            let refused = match handle.enqueue(submission) {
                Ok(pending) => {
                    pending.await.map_err(ended)?;
                    return Ok(());
                }
                Err((Refused::Busy, given_back)) => {
                    submission = given_back;
                    tokio::time::sleep(OFFER_AGAIN).await;
                    continue;
                }
                Err((refused, _)) => refused,
            };
            return Err(ended(refused));
        }
    }

    /// An order of somebody, a minute after the last fact.
    fn invent(&mut self, handle: &Handle) -> Command {
        let (members, kinds, machine_time) = handle.read(|state| {
            let kinds = state.rules.as_ref().map_or(0, |rules| rules.kinds.len());
            (state.members.len(), kinds, state.as_of_time)
        });
        let pick = self.draw(u64::from(members - COMPANY - 1));
        let member = COMPANY + 1 + u32::try_from(pick).expect("below a count of members");
        let amount = AMOUNTS[usize::try_from(self.draw(AMOUNTS.len() as u64)).expect("below six")];
        let amount = Volume(amount * UNIT);
        let mut volumes = Volumes::default();
        for kind in 0..kinds {
            volumes.set(kind, amount);
        }
        self.invented += 1;
        self.last = self.last.max(machine_time).plus_ms(BETWEEN_MS);
        Command {
            id: Text::from(format!("demo-{}", self.invented)),
            at: self.last,
            verb: Verb::Order(Order {
                member: handle.read(|state| state.members.id(member)),
                centre: 1,
                volumes,
                amount,
                currency: None,
                class: None,
                lines: Vec::new(),
            }),
        }
    }

    /// A number below `bound`, the same in every run.
    fn draw(&mut self, bound: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance % bound.max(1)
    }
}

fn ended(refused: Refused) -> Failure {
    Failure::new(
        Exit::Disk,
        format!("the demo's server takes nothing any more: {refused:?}"),
    )
}
