//! Every figure by its definition, on the network as it stands or as it stood when a period rolled.

use arborline::base::time::DAY_MS;
use arborline::book::rules::{Kernel, KernelRule, Window};
use arborline::engine::member::{MemberKind, Status};
use arborline::engine::rules::Rules;

use super::trees::Tree;
use super::world::{Branch, COMPANY, Person, World};

/// The figures of one tree in one period of each type asked for; vectors go by seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// By period type, kind, seat.
    pub(crate) own: Vec<Vec<Vec<i64>>>,
    pub(crate) group: Vec<Vec<Vec<i64>>>,
    pub(crate) seats_below: Vec<u32>,
    pub(crate) downline: Vec<u32>,
    pub(crate) active_downline: Vec<u32>,
    pub(crate) frontline: Vec<u32>,
    pub(crate) active_frontline: Vec<u32>,
    /// By seat, whether it counts and is active.
    pub(crate) standing: Vec<(bool, bool)>,
}

/// What the figures are read from.
pub(crate) struct Scene<'a> {
    /// The rules of the time looked at.
    pub(crate) rules: &'a Rules,
    pub(crate) trees: &'a [Tree],
    pub(crate) people: &'a [Person],
    /// By member.
    pub(crate) active: Vec<bool>,
    /// By period type: the period looked at; none where the book has no say.
    pub(crate) periods: Vec<Option<usize>>,
}

impl World {
    /// The network as it stands.
    pub(crate) fn present(&self) -> Scene<'_> {
        let all = 0..self.people.len();
        Scene {
            rules: self.law(),
            trees: &self.trees,
            people: &self.people,
            active: all.map(|member| self.is_active(member)).collect(),
            periods: self
                .calendars
                .iter()
                .map(|calendar| Some(calendar.current))
                .collect(),
        }
    }

    /// A period of type `of` that has rolled.
    pub(crate) fn past<'a>(&self, of: usize, branch: &'a Branch) -> Scene<'a> {
        let mut periods = vec![None; self.calendars.len()];
        periods[of] = Some(branch.period);
        let activity = &branch.rules.activity;
        let active = match activity.window {
            Window::Period(period) if usize::from(period) == of => (0..branch.people.len())
                .map(|member| {
                    let own = self.own_volume(member, of, branch.period, activity.kind.into());
                    may_be_active(&branch.people[member]) && own >= activity.at_least.0
                })
                .collect(),
            _ => branch.active.clone(),
        };
        Scene {
            rules: &branch.rules,
            trees: &branch.trees,
            people: &branch.people,
            active,
            periods,
        }
    }

    /// The activity rule's verdict on a member now.
    pub(crate) fn is_active(&self, member: usize) -> bool {
        if member == COMPANY || !may_be_active(&self.people[member]) {
            return false;
        }
        let activity = &self.law().activity;
        let kind = usize::from(activity.kind);
        match activity.window {
            Window::Period(period) => {
                let period = usize::from(period);
                let own = self.own_volume(member, period, self.calendars[period].current, kind);
                own >= activity.at_least.0
            }
            Window::Rolling { days } => self.sales.iter().any(|sale| {
                sale.buyer == member
                    && sale.credited == member
                    && sale.left[kind] >= activity.at_least.0
                    && sale.at.0 + i64::from(days) * DAY_MS > self.time.0
            }),
        }
    }

    /// What a member's own volume is in a period: of all his centres.
    pub(crate) fn own_volume(&self, member: usize, of: usize, period: usize, kind: usize) -> i64 {
        let his = self.entries.iter().filter(|entry| {
            entry.credited == member
                && entry.periods.get(of) == Some(&period)
                && self.counts_own(entry, 0)
        });
        his.map(|entry| entry.volumes[kind]).sum()
    }

    /// All figures of one tree.
    pub(crate) fn figures(&self, scene: &Scene<'_>, at: usize) -> Figures {
        let tree = &scene.trees[at];
        let seats = tree.seats.len();
        let (types, kinds) = (scene.periods.len(), scene.rules.kinds.len());
        let mut own = vec![vec![vec![0i64; seats]; kinds]; types];
        let mut group = own.clone();
        for entry in &self.entries {
            // A further centre opened after the roll is not in the book; the first one takes its place there.
            let first = self.seat(at, entry.credited, 1);
            let mut stood = [entry.seats[at], first].into_iter().flatten();
            let Some(seat) = stood.find(|&seat| seat < seats) else {
                continue;
            };
            for of in 0..types {
                if scene.periods[of].is_none()
                    || scene.periods[of].as_ref() != entry.periods.get(of)
                {
                    continue;
                }
                for kind in 0..kinds {
                    group[of][kind][seat] += entry.volumes[kind];
                    if self.counts_own(entry, at) {
                        own[of][kind][seat] += entry.volumes[kind];
                    }
                }
            }
        }
        let standing: Vec<(bool, bool)> = (0..seats)
            .map(|seat| self.standing(scene, at, seat))
            .collect();
        let mut out = Figures {
            own,
            group,
            seats_below: vec![0; seats],
            downline: vec![0; seats],
            active_downline: vec![0; seats],
            frontline: vec![0; seats],
            active_frontline: vec![0; seats],
            standing,
        };
        for &seat in tree.downward().iter().rev() {
            for &child in &tree.seats[seat].children {
                let (counted, active) = out.standing[child];
                out.seats_below[seat] += 1 + out.seats_below[child];
                out.downline[seat] += u32::from(counted) + out.downline[child];
                out.active_downline[seat] += u32::from(active) + out.active_downline[child];
                out.frontline[seat] += u32::from(counted);
                out.active_frontline[seat] += u32::from(active);
                for by_kind in &mut out.group {
                    for sums in by_kind {
                        sums[seat] += sums[child];
                    }
                }
            }
        }
        out
    }

    /// What a seat counts as.
    fn standing(&self, scene: &Scene<'_>, at: usize, seat: usize) -> (bool, bool) {
        let owner = scene.trees[at].seats[seat].owner;
        if owner == COMPANY {
            return (false, false);
        }
        let person = &scene.people[owner];
        let buys_only = person.kind != MemberKind::Distributor;
        let counted =
            may_be_active(person) && (!buys_only || (at == 0 && scene.rules.count_customers));
        (counted, counted && scene.active[owner])
    }

    /// Whether an entry counts in the credited seat's own volume in a tree.
    pub(crate) fn counts_own(&self, entry: &super::world::Entry, tree: usize) -> bool {
        use arborline::tree::rules::CustomerLevel;
        entry.own || self.law().trees[tree].customer_level == CustomerLevel::Own
    }

    /// How many steps a sum has reached.
    pub(crate) fn steps_reached(&self, ladder: usize, sum: i64) -> u8 {
        let steps = &self.law().thresholds[ladder].steps;
        u8::try_from(steps.iter().filter(|step| sum >= step.0).count()).expect("few steps")
    }

    /// A bucket vector by seat: what arrives from below, one bucket a level used up.
    pub(crate) fn buckets(
        &self,
        scene: &Scene<'_>,
        kernel: &Kernel,
        figures: &Figures,
    ) -> Vec<Vec<i64>> {
        let tree = &scene.trees[usize::from(kernel.tree)];
        let (of, kind) = (usize::from(kernel.period), usize::from(kernel.kind));
        let mut received = vec![vec![0i64; usize::from(kernel.buckets)]; tree.seats.len()];
        for &seat in tree.downward().iter().rev() {
            // Customers' volume at the first level lies one level below the seat it is credited to.
            let below: i64 = tree.seats[seat]
                .children
                .iter()
                .map(|&child| figures.group[of][kind][child])
                .sum();
            let entered = figures.group[of][kind][seat] - below;
            let own = figures.own[of][kind][seat];
            received[seat][0] += entered - own;
            let uses_level = match kernel.rule {
                KernelRule::EachLevel => true,
                KernelRule::SkipInactive => figures.standing[seat].1,
            };
            let mut handed = received[seat].clone();
            if uses_level {
                handed.insert(0, 0);
                handed.pop();
            }
            handed[0] += own;
            if let Some(parent) = tree.parent(seat) {
                for (sum, part) in received[parent].iter_mut().zip(handed) {
                    *sum += part;
                }
            }
        }
        received
    }
}

/// Whether someone counts at all.
fn may_be_active(person: &Person) -> bool {
    person.status != Status::Terminated
}
