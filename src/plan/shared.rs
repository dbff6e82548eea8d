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
