//! Rejections: the domain says no. Flat, numbered for ever, in order of precedence; no text inside.

use crate::base::number::Volume;

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
    /// The rules do not fit together: an index beyond what they name, a calendar that does not increase, a bound
    /// overstepped.
    BadRules,
    /// The rules do not go on with those in force: they would remove, rename, reorder or reshape what has figures.
    NotContinued(Field),
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
    /// No plan set has this id.
    UnknownPlan,
    /// The plan set has no such version.
    UnknownVersion,
    /// The member is terminated.
    Terminated(Field),
    /// The member's kind may not do this (a customer has no seat in a placement tree).
    WrongKind(Field),
    /// The status asked for cannot follow the present one.
    StatusUnchanged,
    /// Members stand below him, so he cannot become a customer.
    HasDownline,
    /// The customers of whoever enrols have not bought as much in the running period as the rules ask for.
    CustomersWanted {
        /// `enroller`, or `member` where one becomes a distributor below him.
        field: Field,
        /// What the rules ask for.
        required: Volume,
        /// What they have bought.
        actual: Volume,
    },
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
    /// The refund's `at` lies behind the order's refund days.
    RefundTooLate,
    /// A number that must not be negative is.
    Negative(Field),
    /// More different texts of this sort than a network can know.
    TooManyNames(Field),
    /// The period is still running and cannot be closed.
    PeriodOpen,
    /// The period is closed already.
    PeriodClosed,
    /// The period is not the oldest of its type that is closed and to be paid.
    NotDue,
    /// One command of an atomic request was rejected, so all of it was.
    AtomicRefused {
        /// Position of the first rejected command, from 0.
        index: u32,
        /// Number of the rejection it got: see [`Rejection::from_number`].
        number: u16,
        /// Field that rejection speaks of.
        field: Option<Field>,
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
    /// `class`.
    Class = 8,
    /// `currency`.
    Currency = 9,
    /// `country`, `currency`, `zone` or `tags` of a member.
    Profile = 10,
    /// `amount`.
    Amount = 11,
    /// `lines`.
    Lines = 12,
    /// `calendar`: ends and labels of periods to come.
    Calendar = 13,
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
            Rejection::BadRules => 5,
            Rejection::NotContinued(_) => 6,
            Rejection::AtInFuture => 10,
            Rejection::OlderThanMemory => 11,
            Rejection::UnknownMember(_) => 20,
            Rejection::UnknownCentre(_) => 21,
            Rejection::UnknownOrder => 22,
            Rejection::UnknownPeriod => 23,
            Rejection::UnknownToken => 24,
            Rejection::UnknownPlan => 25,
            Rejection::UnknownVersion => 26,
            Rejection::Terminated(_) => 30,
            Rejection::WrongKind(_) => 31,
            Rejection::StatusUnchanged => 32,
            Rejection::HasDownline => 33,
            Rejection::CustomersWanted { .. } => 34,
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
            Rejection::Negative(_) => 63,
            Rejection::TooManyNames(_) => 64,
            Rejection::PeriodOpen => 70,
            Rejection::PeriodClosed => 71,
            Rejection::NotDue => 72,
            Rejection::AtomicRefused { .. } => 90,
        }
    }

    /// The field this rejection speaks of.
    #[must_use]
    pub fn field(self) -> Option<Field> {
        match self {
            Rejection::UnknownName(field)
            | Rejection::NotContinued(field)
            | Rejection::UnknownMember(field)
            | Rejection::UnknownCentre(field)
            | Rejection::Terminated(field)
            | Rejection::WrongKind(field)
            | Rejection::NotPlaced(field)
            | Rejection::Negative(field)
            | Rejection::TooManyNames(field)
            | Rejection::CustomersWanted { field, .. } => Some(field),
            _ => None,
        }
    }

    /// The rejection with this number and field, volumes left at zero; none for those that carry anything else.
    #[must_use]
    pub fn from_number(number: u16, field: Option<Field>) -> Option<Rejection> {
        Some(match number {
            2 => Rejection::NoNetwork,
            3 => Rejection::AlreadyFounded,
            4 => Rejection::UnknownName(field?),
            5 => Rejection::BadRules,
            6 => Rejection::NotContinued(field?),
            10 => Rejection::AtInFuture,
            11 => Rejection::OlderThanMemory,
            20 => Rejection::UnknownMember(field?),
            21 => Rejection::UnknownCentre(field?),
            22 => Rejection::UnknownOrder,
            23 => Rejection::UnknownPeriod,
            24 => Rejection::UnknownToken,
            25 => Rejection::UnknownPlan,
            26 => Rejection::UnknownVersion,
            30 => Rejection::Terminated(field?),
            31 => Rejection::WrongKind(field?),
            32 => Rejection::StatusUnchanged,
            33 => Rejection::HasDownline,
            34 => Rejection::CustomersWanted {
                field: field?,
                required: Volume::ZERO,
                actual: Volume::ZERO,
            },
            40 => Rejection::SeatTaken,
            41 => Rejection::NoSuchLeg,
            42 => Rejection::AlreadyPlaced,
            43 => Rejection::NotPlaced(field?),
            44 => Rejection::OutsideEnroller,
            45 => Rejection::Cycle,
            46 => Rejection::MoveTooLarge,
            47 => Rejection::TooManyCentres,
            48 => Rejection::NoOpenPosition,
            60 => Rejection::Overflow,
            61 => Rejection::RefundTooLarge,
            62 => Rejection::RefundTooLate,
            63 => Rejection::Negative(field?),
            64 => Rejection::TooManyNames(field?),
            70 => Rejection::PeriodOpen,
            71 => Rejection::PeriodClosed,
            72 => Rejection::NotDue,
            _ => return None,
        })
    }
}

impl Field {
    /// The field with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Field> {
        const ALL: [Field; 13] = [
            Field::Member,
            Field::Enroller,
            Field::Parent,
            Field::Tree,
            Field::Centre,
            Field::Volumes,
            Field::Period,
            Field::Class,
            Field::Currency,
            Field::Profile,
            Field::Amount,
            Field::Lines,
            Field::Calendar,
        ];
        ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}
