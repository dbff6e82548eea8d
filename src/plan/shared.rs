//! Settings that several kinds of components have.

use crate::plan::setting::{Default, Form, Setting};

/// The tree a component works on.
pub(super) const TREE: Setting = Setting {
    key: "tree",
    form: Form::Tree,
    default: Default::Written("enroller"),
    sentence: "The tree it works on.",
};

/// The volume kind it pays on.
pub const VOLUME: Setting = Setting {
    key: "volume",
    form: Form::Volume,
    default: Default::Needed,
    sentence: "The volume kind it pays on.",
};

/// When it is judged who stands where and who is active.
pub(super) const JUDGED: Setting = Setting {
    key: "judged",
    form: Form::Choice(&["close", "order"]),
    default: Default::Written("close"),
    sentence: "When it is judged who stands above and who is active: as the period ends (`close`), or as each order came in (`order`), which holds for orders accepted since the set was activated. Ranks are those of the period either way.",
};

/// The same of a component that pays who is credited.
pub(super) const JUDGED_OF_CREDITED: Setting = Setting {
    sentence: "When it is judged whether he is active: as the period ends (`close`), or as each order came in (`order`), which holds for orders accepted since the set was activated. His rank is that of the period either way.",
    ..JUDGED
};

/// Steps by group volume.
pub(super) const STEPS: Setting = Setting {
    key: "steps",
    form: Form::Steps,
    default: Default::Nothing,
    sentence: "Rates by group volume, own included: from `at_least` on, `rate` holds for the whole of it.",
};

/// The volume kind that picks the step.
pub(super) const STEP_VOLUME: Setting = Setting {
    key: "step_volume",
    form: Form::Volume,
    default: Default::Nothing,
    sentence: "The volume kind whose group volume picks the step; `volume` where it is left out.",
};
