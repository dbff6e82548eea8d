//! Rejections: the domain says no. Flat, numbered for ever, in order of precedence; no text inside.

/// Why the engine refuses a command. Only `engine::execute` makes one; the command leaves no trace in the state.
///
/// When several apply, the lowest number is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The id was accepted before, by the command logged as `first_seq`.
    Duplicate {
        /// Sequence of the first command with this id.
        first_seq: u64,
    },
    /// The network has no rules yet, so nothing can be judged.
    NoNetwork,
    /// The network has its rules already and this command would found it again.
    AlreadyFounded,
    /// The name of a tree, volume kind or period type is not in the rules.
    UnknownName(Field),
    /// `at` lies more than five minutes after machine time.
    AtInFuture,
    /// `at` is older than the memory of ids.
    OlderThanMemory,
    /// No member has this id.
    UnknownMember(Field),
    /// The member has no such centre in this tree.
    UnknownCentre(Field),
    /// No order has this id.
    UnknownOrder,
    /// No period has this label, or it lies ahead.
    UnknownPeriod,
    /// No token has this id.
    UnknownToken,
    /// The member is terminated.
    Terminated(Field),
    /// The member's kind may not do this (a customer has no seat in a placement tree).
    WrongKind(Field),
    /// The status asked for cannot follow the present one.
    StatusUnchanged,
    /// The seat asked for is taken.
    SeatTaken,
    /// The leg asked for does not exist in a tree of this shape.
    NoSuchLeg,
    /// The member stands in this tree already (as this centre).
    AlreadyPlaced,
    /// The member has no place in this tree yet.
    NotPlaced(Field),
    /// The seat asked for is not below the enroller's seat.
    OutsideEnroller,
    /// The move would put the seat below itself.
    Cycle,
    /// The move carries more seats than the tree's rules allow.
    MoveTooLarge,
    /// The tree allows no more centres for one member.
    TooManyCentres,
    /// The placement rule found no free place.
    NoOpenPosition,
    /// A sum would leave the range of exact numbers.
    Overflow,
    /// The refund exceeds what is left of the order.
    RefundTooLarge,
    /// The order's refund days are over.
    RefundTooLate,
    /// The period is still running and cannot be closed.
    PeriodOpen,
    /// The period is closed already.
    PeriodClosed,
    /// One command of an atomic request was rejected, so all of it was.
    AtomicRefused {
        /// Position of the first rejected command, from 0.
        index: u32,
    },
}

/// The field of a command that a rejection speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// `member`.
    Member = 1,
    /// `enroller`.
    Enroller = 2,
    /// `parent`.
    Parent = 3,
    /// `tree`.
    Tree = 4,
    /// `centre`.
    Centre = 5,
    /// `volumes`.
    Volumes = 6,
    /// `period`.
    Period = 7,
}

impl Rejection {
    /// The stable number of this rejection, never reused.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Rejection::Duplicate { .. } => 1,
            Rejection::NoNetwork => 2,
            Rejection::AlreadyFounded => 3,
            Rejection::UnknownName(_) => 4,
            Rejection::AtInFuture => 10,
            Rejection::OlderThanMemory => 11,
            Rejection::UnknownMember(_) => 20,
            Rejection::UnknownCentre(_) => 21,
            Rejection::UnknownOrder => 22,
            Rejection::UnknownPeriod => 23,
            Rejection::UnknownToken => 24,
            Rejection::Terminated(_) => 30,
            Rejection::WrongKind(_) => 31,
            Rejection::StatusUnchanged => 32,
            Rejection::SeatTaken => 40,
            Rejection::NoSuchLeg => 41,
            Rejection::AlreadyPlaced => 42,
            Rejection::NotPlaced(_) => 43,
            Rejection::OutsideEnroller => 44,
            Rejection::Cycle => 45,
            Rejection::MoveTooLarge => 46,
            Rejection::TooManyCentres => 47,
            Rejection::NoOpenPosition => 48,
            Rejection::Overflow => 60,
            Rejection::RefundTooLarge => 61,
            Rejection::RefundTooLate => 62,
            Rejection::PeriodOpen => 70,
            Rejection::PeriodClosed => 71,
            Rejection::AtomicRefused { .. } => 90,
        }
    }
}
