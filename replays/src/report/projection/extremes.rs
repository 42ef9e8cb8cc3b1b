//! The lowest and the highest price since each of a queue of moments, at a constant cost for each.

use std::collections::VecDeque;

use engine::number::Price;

/// Prices since moments that are numbered upwards and forgotten from the oldest on: of all prices only those are kept
/// that are the lowest or the highest since some moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Extremes {
    /// Each with the last moment that it came after; both columns rise.
    lows: VecDeque<(u64, Price)>,
    /// The moments rise, the prices fall.
    highs: VecDeque<(u64, Price)>,
}

impl Extremes {
    /// Takes in prices that came after `moment` and before the next one. Mostly that is the last one.
    pub(super) fn note(&mut self, moment: u64, low: Price, high: Price) {
        note(&mut self.lows, moment, low, |kept, new| kept >= new);
        note(&mut self.highs, moment, high, |kept, new| kept <= new);
    }

    /// Forgets what came before `moment`, and gives the lowest and the highest price since; `None` without any.
    pub(super) fn since(&mut self, moment: u64) -> Option<(Price, Price)> {
        for column in [&mut self.lows, &mut self.highs] {
            while column.front().is_some_and(|(noted, _)| *noted < moment) {
                column.pop_front();
            }
        }
        Some((self.lows.front()?.1, self.highs.front()?.1))
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.lows.clear();
        self.highs.clear();
    }
}

fn note(column: &mut VecDeque<(u64, Price)>, moment: u64, price: Price, is_beaten: impl Fn(Price, Price) -> bool) {
    let later = column.iter().rev().take_while(|(noted, _)| *noted > moment).count();
    let mut end = column.len() - later;
    // A later price that is no better counts for all moments that this one would count for.
    if column.get(end).is_some_and(|(_, kept)| !is_beaten(*kept, price) || *kept == price) {
        return;
    }
    while end > 0 && is_beaten(column[end - 1].1, price) {
        end -= 1;
        column.remove(end);
    }
    column.insert(end, (moment, price));
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::number::Decimal;

    /// Against all prices kept and searched.
    #[test]
    fn extremes_are_what_a_search_finds() {
        let seed = 7;
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..300 {
            let (mut extremes, mut all) = (Extremes::default(), Vec::new());
            let (mut first, mut last) = (1, 1);
            for _ in 0..random.usize(1..60) {
                match random.u8(0..10) {
                    0..=5 => {
                        let moment = if random.u8(0..4) == 0 { random.u64(first.max(2) - 1..=last) } else { last };
                        let low = Price(Decimal::from(random.i64(1..20)));
                        let high = low + Price(Decimal::from(random.i64(0..5)));
                        extremes.note(moment, low, high);
                        all.push((moment, low, high));
                    }
                    6..=7 => last += 1,
                    _ => {
                        first = random.u64(first..=last);
                        let since = || all.iter().filter(|(moment, ..)| *moment >= first);
                        let low = since().map(|(_, low, _)| *low).min();
                        let high = since().map(|(.., high)| *high).max();
                        assert_eq!(extremes.since(first), low.zip(high));
                    }
                }
            }
        }
    }
}
