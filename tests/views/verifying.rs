//! Verification agrees with the engine on every kind of history, and tells a wrong figure by name.

use super::world::{World, time};
use arborline::engine::member::Status;

#[test]
fn a_family_is_sound_through_refunds_moves_and_a_month_s_end() {
    let mut world = World::family();
    world.sound();
    world.refund("F1", "O3", "15");
    world.sound();
    world.shift("enroller", "C", "B", None);
    world.sound();
    world.at("2026-02-01T10:00:00Z");
    world.order("O5", "D", "70");
    world.sound();
    world.order_at("O6", "D", "80", time("2026-01-20T00:00:00Z"));
    world.refund("F2", "O1", "60");
    world.sound();
    world.status("A", Status::Terminated);
    world.sound();
    world.at("2026-02-10T00:00:00Z");
    world.order("O7", "A", "10");
    world.sound();
    world.status("A", Status::Open);
    world.sound();
}
