//! The clients: each tells facts until they are answered, the same ids and contents every time, and reads figures.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::network::BUYERS;
use super::notes::{Content, Fact, Notes, Read, Receipt};
use super::stage::Stage;
use super::wire::{Ending, Manner, Wire, Word, request};
use crate::chance::Chance;

/// How long one request may go unanswered, over however many servers.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a client rests before it tries again.
const REST: Duration = Duration::from_millis(4);
/// Facts of a request.
const TOGETHER: usize = 20;
/// Requests that may be sent again although they were answered.
const REMEMBERED: usize = 6;
/// How far a read reaches beyond what has been acknowledged: what all clients tell in a moment.
const AHEAD: usize = 300;

/// A request that was drawn: its facts, path and body.
#[derive(Clone)]
struct Request {
    facts: Vec<usize>,
    path: String,
    body: String,
}

struct Client<'s> {
    stage: &'s Stage,
    chance: Chance,
    number: usize,
    wire: Wire,
    notes: Notes,
    /// Orders that were acknowledged and not taken back.
    sold: Vec<usize>,
    /// The last sequence acknowledged to it.
    last_seq: u64,
    answered: VecDeque<Request>,
}

/// One client's life, to the end of the run.
pub(super) fn tell_facts(stage: &Stage, number: usize, seed: u64) -> Notes {
    // Nobody waits for a client that has failed.
    let _over = stage.over_at_the_end();
    let mut client = Client {
        stage,
        chance: Chance::new(seed * 1_000 + number as u64),
        number,
        wire: Wire::new(),
        notes: Notes::default(),
        sold: Vec::new(),
        last_seq: 0,
        answered: VecDeque::new(),
    };
    while !stage.is_over() {
        let request = client.draw();
        client.ask(request);
        if client.chance.percent(20) {
            client.read();
        }
    }
    client.notes
}

/// Asks for a snapshot whenever one is wanted.
pub(super) fn ask_for_snapshots(stage: &Stage) {
    let _over = stage.over_at_the_end();
    let wire = Wire::new();
    while !stage.is_over() {
        match stage
            .address()
            .filter(|_| stage.wanted.swap(0, Ordering::SeqCst) > 0)
        {
            Some(address) => {
                let written = wire.snapshot(&address);
                stage
                    .snapshots
                    .fetch_add(u64::from(written), Ordering::SeqCst);
            }
            None => std::thread::sleep(REST),
        }
    }
}

impl Client<'_> {
    /// Draws a request: mostly many orders, sometimes events of both kinds, one fact alone, or one that was answered.
    fn draw(&mut self) -> Request {
        let drawn = self.chance.below(100);
        if drawn < 6 && !self.answered.is_empty() {
            let again = self.chance.below(self.answered.len());
            return self.answered[again].clone();
        }
        let (manner, count) = match drawn {
            ..18 => (Manner::Single, 1),
            18..35 => (Manner::Events, TOGETHER),
            _ => (Manner::Orders, TOGETHER),
        };
        let facts: Vec<usize> = (0..count).map(|_| self.fact(manner)).collect();
        let told: Vec<&Fact> = facts.iter().map(|fact| &self.notes.facts[*fact]).collect();
        let (path, body) = request(manner, &told);
        Request { facts, path, body }
    }

    /// Draws a fact and writes it down.
    fn fact(&mut self, manner: Manner) -> usize {
        let takes_back = manner != Manner::Orders && self.chance.percent(25);
        let mut id = format!("c{}-{}", self.number, self.notes.facts.len());
        let wrong = self.chance.percent(3);
        let units = self.chance.between(1, 9);
        let (content, wrong) = match (takes_back, wrong) {
            (true, false) if !self.sold.is_empty() => {
                let at = self.chance.below(self.sold.len());
                let order = self.notes.facts[self.sold.swap_remove(at)].id.clone();
                let part = self.chance.percent(50).then_some(1);
                (Content::Refund { order, part }, None)
            }
            (true, _) if self.chance.percent(50) || self.sold.is_empty() => {
                let (order, part) = (format!("{id}-no"), None);
                (Content::Refund { order, part }, Some("unknown_order"))
            }
            (true, _) => {
                let order = self.notes.facts[*self.chance.pick(&self.sold)].id.clone();
                let part = Some(1_000);
                (Content::Refund { order, part }, Some("refund_too_large"))
            }
            (false, true) if self.chance.percent(50) && !self.sold.is_empty() => {
                let first = &self.notes.facts[*self.chance.pick(&self.sold)];
                id = first.id.clone();
                let Content::Order { buyer, units } = first.content else {
                    unreachable!("only orders are sold")
                };
                let units = units + 1;
                (Content::Order { buyer, units }, Some("id_reused"))
            }
            (false, true) => {
                let buyer = BUYERS;
                (Content::Order { buyer, units }, Some("unknown_member"))
            }
            (false, false) => {
                let buyer = self.chance.below(BUYERS);
                (Content::Order { buyer, units }, None)
            }
        };
        self.notes.facts.push(Fact {
            id,
            content,
            wrong,
            sent: 0,
            times: 0,
            not_taken: 0,
            acknowledged: false,
            refused: None,
        });
        self.notes.facts.len() - 1
    }

    /// Sends a request until every fact of it is answered, or this client has had enough of it.
    fn ask(&mut self, request: Request) {
        let since = Instant::now();
        while !self.stage.is_over() {
            if since.elapsed() > PATIENCE {
                let number = self.number;
                self.stage.fail(&format!("client {number} gets no answer"));
                return;
            }
            let Some(address) = self.stage.address() else {
                std::thread::sleep(REST);
                continue;
            };
            match self.try_once(&address, &request) {
                Ending::Whole => {
                    self.answered.push_back(request);
                    if self.answered.len() > REMEMBERED {
                        self.answered.pop_front();
                    }
                    return;
                }
                Ending::Cut if self.chance.percent(10) => return,
                Ending::Stopped(_) if self.chance.percent(1) => return,
                Ending::Cut | Ending::Stopped(_) => std::thread::sleep(REST),
            }
        }
    }

    /// Sends a request once, and writes down what comes back.
    fn try_once(&mut self, address: &str, request: &Request) -> Ending {
        let Client {
            stage,
            wire,
            notes,
            sold,
            last_seq,
            ..
        } = self;
        let sent = stage.tick();
        for fact in &request.facts {
            let fact = &mut notes.facts[*fact];
            if fact.times == 0 {
                fact.sent = sent;
            }
            fact.times += 1;
        }
        let mut words = 0;
        let ending = wire.tell(address, (&request.path, &request.body), |index, word| {
            words += 1;
            let number = request.facts[index];
            let fact = &mut notes.facts[number];
            match word {
                Word::Refused(code) => fact.refused = Some(code),
                Word::Accepted { seq, repeated } => {
                    notes.receipts.push(Receipt {
                        fact: number,
                        at: stage.tick(),
                        seq,
                        repeated,
                        times: fact.times,
                    });
                    *last_seq = (*last_seq).max(seq);
                    if !std::mem::replace(&mut fact.acknowledged, true) {
                        stage.acknowledged.fetch_add(1, Ordering::SeqCst);
                        stage.greatest.fetch_max(seq, Ordering::SeqCst);
                        if matches!(fact.content, Content::Order { .. }) {
                            sold.push(number);
                        }
                    }
                }
            }
        });
        match &ending {
            Ending::Whole if words != request.facts.len() => {
                stage.fail(&format!("{words} words on {}", request.body));
            }
            Ending::Stopped(code) if code == "no_space" => {
                stage.no_space.fetch_add(1, Ordering::SeqCst);
                if let [fact] = request.facts.as_slice() {
                    notes.facts[*fact].not_taken += 1;
                }
            }
            Ending::Stopped(code)
                if !["busy", "stopping", "outcome_unknown"].contains(&code.as_str()) =>
            {
                stage.fail(&format!("{code} for {}", request.body));
            }
            _ => {}
        }
        ending
    }

    /// Reads a figure as of what was acknowledged, or of what is still to come, or as it is.
    fn read(&mut self) {
        let Some(address) = self.stage.address() else {
            return;
        };
        let greatest = self.stage.greatest.load(Ordering::SeqCst);
        let (min_seq, ahead) = match self.chance.below(3) {
            0 => (0, false),
            1 => (self.last_seq, false),
            _ => (greatest + 1 + self.chance.below(AHEAD) as u64, true),
        };
        let buyer = self.chance.below(BUYERS);
        match self.wire.figures(&address, buyer, min_seq) {
            Ok((as_of_seq, figures)) => {
                self.notes.waited += u64::from(ahead);
                let at = self.stage.tick();
                self.notes.reads.push(Read {
                    buyer,
                    min_seq,
                    as_of_seq,
                    at,
                    figures,
                });
            }
            Err(Ending::Stopped(code)) if code != "not_caught_up" => {
                self.stage.fail(&format!("{code} for a read"));
            }
            Err(_) => {}
        }
    }
}
