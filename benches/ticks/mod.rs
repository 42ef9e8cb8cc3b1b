//! The ticks that all engines are compared on, made here: the same distribution as the peers' file.

use engine::event::{Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::market::{Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::time::Timestamp;

/// Random numbers (splitmix64) below `limit`.
pub fn random(state: &mut u64, limit: u64) -> i64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) % limit).cast_signed()
}

/// A trade as a record of its own.
pub fn record(seq: u64, at: i64, price: i64, size: i64, taker: Side, trade_id: Option<u64>) -> Record {
    let at = Timestamp(at);
    let trade =
        Trade { instrument: InstrumentId(0), venue_at: at, price: FixedPrice(price), size: FixedSize(size), taker, trade_id };
    Record { seq, at, cause: seq, event: Event::Input(Input::Trade(trade)) }
}

/// Stamps 1 ms to 1 s apart in nanoseconds, a price that walks up to 10 ticks of 0.1, sizes of 0.0100 to 2.0000.
pub fn ticks(count: usize) -> Vec<Record> {
    let (mut dice, mut at, mut price) = (42, 1_704_067_200_000_000_000, 500_000);
    (0..count as u64)
        .map(|seq| {
            at += 1_000_000 + random(&mut dice, 999_000_000);
            price = (price + random(&mut dice, 21) - 10).max(1_000);
            let taker = if random(&mut dice, 2) == 1 { Side::Buy } else { Side::Sell };
            record(seq, at, price, 100 + random(&mut dice, 19_901), taker, None)
        })
        .collect()
}
