//! What a refund does whose order's period is over.

/// What a refund does that enters a later period than its order did. Ranks, activity and steps read it whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterClose {
    /// It takes nothing from what is paid on, but for legs; whoever earned on the order gives that back.
    #[default]
    ReverseLines,
    /// It takes its volume from what is paid on.
    VolumeOnly,
    /// It takes nothing from what is paid on, and nobody gives anything back.
    Ignore,
}

impl AfterClose {
    /// All of them, in the order of their numbers.
    pub const ALL: [AfterClose; 3] = [
        AfterClose::ReverseLines,
        AfterClose::VolumeOnly,
        AfterClose::Ignore,
    ];

    /// The word for it in documents and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AfterClose::ReverseLines => "reverse_lines",
            AfterClose::VolumeOnly => "volume_only",
            AfterClose::Ignore => "ignore",
        }
    }

    /// Whether what rates are applied to is without the refund.
    #[must_use]
    pub fn spares_pay(self) -> bool {
        self != AfterClose::VolumeOnly
    }

    /// Whether legs are matched without it.
    #[must_use]
    pub fn spares_legs(self) -> bool {
        self == AfterClose::Ignore
    }
}
