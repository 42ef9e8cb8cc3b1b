//! A list that never grows long: where there is too much, every second is left out, and so on.

/// Every so-many-th of what was offered, evenly spread over all of it.
#[derive(Clone, Debug)]
pub(super) struct Thinned<T> {
    kept: Vec<T>,
    most: usize,
    every: u64,
    seen: u64,
}

impl<T> Thinned<T> {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, every: 1, seen: 0 }
    }

    /// Offers one more.
    pub(super) fn offer(&mut self, one: impl FnOnce() -> T) {
        let is_kept = self.seen.is_multiple_of(self.every);
        self.seen += 1;
        if !is_kept {
            return;
        }
        if self.kept.len() == self.most {
            let mut place = 0_usize;
            self.kept.retain(|_| {
                place += 1;
                !place.is_multiple_of(2)
            });
            self.every *= 2;
            // With an even number kept, this one is the next of those that stay; with an odd one it is not.
            if !(self.seen - 1).is_multiple_of(self.every) {
                return;
            }
        }
        self.kept.push(one());
    }

    /// How many were offered.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Every how-many-th was kept.
    pub(super) fn every(&self) -> u64 {
        self.every
    }

    /// What was kept.
    pub(super) fn into_kept(self) -> Vec<T> {
        self.kept
    }

    /// What was kept.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.kept.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_spread_evenly_over_all() {
        for most in [1, 2, 7, 2_000] {
            for count in [0, 1, 2, 6, 7, 8, 1_999, 2_000, 2_001, 54_321] {
                let mut thinned = Thinned::new(most);
                (0..count).for_each(|number| thinned.offer(|| number));
                let step = usize::try_from(thinned.every()).unwrap();
                assert_eq!(thinned.seen(), count);
                let kept = thinned.into_kept();
                assert!(kept.len() <= most);
                assert_eq!(kept, (0..count).step_by(step).collect::<Vec<u64>>(), "{most} of {count}");
            }
        }
    }
}
