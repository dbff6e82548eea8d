//! What a client writes down: facts, receipts and refusals as they were told to it, and figures that it read.

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// So many units sold to a buyer.
    Order { buyer: usize, units: i64 },
    /// An order taken back: so many units of it, or all.
    Refund { order: String, part: Option<i64> },
}

/// A fact that was sent.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) id: String,
    pub(super) content: Content,
    /// The code of the refusal that it must get.
    pub(super) wrong: Option<&'static str>,
    /// When it was sent first.
    pub(super) sent: u64,
    /// How often it was sent.
    pub(super) times: u32,
    /// How often the answer was that nothing was done, and nothing else was ever heard.
    pub(super) not_taken: u32,
    /// Whether there is a receipt for it.
    pub(super) acknowledged: bool,
    /// The code it was refused with.
    pub(super) refused: Option<String>,
}

/// What came back for an accepted fact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receipt {
    /// Which of the client's facts.
    pub(super) fact: usize,
    /// When it was read.
    pub(super) at: u64,
    pub(super) seq: u64,
    /// Whether the server says that it was accepted before.
    pub(super) repeated: bool,
    /// How often it had been sent by then.
    pub(super) times: u32,
}

/// Figures of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) own: i64,
    pub(super) group: i64,
}

/// A read that was answered.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) buyer: usize,
    /// What was asked for; 0 for nothing.
    pub(super) min_seq: u64,
    pub(super) as_of_seq: u64,
    /// When the answer was there.
    pub(super) at: u64,
    pub(super) figures: Figures,
}

/// All that one client wrote down, each in the order in which it happened.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    pub(super) facts: Vec<Fact>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) reads: Vec<Read>,
    /// Reads that asked for more than had been acknowledged to anybody.
    pub(super) waited: u64,
}
