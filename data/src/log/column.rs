//! One field of many records, stored small: differences, divided by what they have in common, bit-packed.

use super::bits;
use super::error::Damage;

/// Which earlier value each value of a column is like: that of the same instrument.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Each value's group, in the order of first appearance; empty while there is only one group.
    of: Vec<u16>,
    count: usize,
}

impl Groups {
    /// One group of everything.
    pub(super) const ONE: Self = Self { of: Vec::new(), count: 1 };

    /// Groups equal keys.
    pub(super) fn of(keys: &[i64]) -> Self {
        if keys.windows(2).all(|pair| pair[0] == pair[1]) {
            return Self::ONE;
        }
        let mut numbers = std::collections::BTreeMap::new();
        let of = keys.iter().map(|key| {
            let next = u16::try_from(numbers.len()).expect("a block has fewer records");
            *numbers.entry(*key).or_insert(next)
        });
        Self { of: of.collect(), count: numbers.len() }
    }
}

const CHANGES: u8 = 128;

/// Writes columns; keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct ColumnWriter {
    changes: Vec<i64>,
    firsts: Vec<i64>,
    previous: Vec<Option<i64>>,
}

impl ColumnWriter {
    /// Appends `values` to `out`, as they are or as changes, whichever packs smaller.
    pub(super) fn write(&mut self, values: &[i64], groups: &Groups, out: &mut Vec<u8>) {
        if values.is_empty() {
            return;
        }
        self.differences(values, groups);
        let (plain, changed) = (spread(values), spread(&self.changes));
        let saves = |width: u32| bits::packed_len(width, values.len());
        if saves(bits::width_of(changed.1)) + 8 * self.firsts.len() < saves(bits::width_of(plain.1)) {
            emit(&self.changes, changed, Some(&self.firsts), out);
        } else {
            emit(values, plain, None, out);
        }
    }

    fn differences(&mut self, values: &[i64], groups: &Groups) {
        self.changes.clear();
        self.firsts.clear();
        if groups.of.is_empty() {
            self.firsts.push(values[0]);
            self.changes.push(0);
            self.changes.extend(values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])));
            return;
        }
        self.previous.clear();
        self.previous.resize(groups.count, None);
        for (&value, &number) in values.iter().zip(&groups.of) {
            let previous = &mut self.previous[usize::from(number)];
            if previous.is_none() {
                self.firsts.push(value);
            }
            self.changes.push(value.wrapping_sub(previous.unwrap_or(value)));
            *previous = Some(value);
        }
    }
}

/// The smallest value and how far above it the largest is.
fn spread(values: &[i64]) -> (i64, u64) {
    let (min, max) = values.iter().fold((i64::MAX, i64::MIN), |(min, max), &value| (min.min(value), max.max(value)));
    (min, max.wrapping_sub(min).cast_unsigned())
}

fn emit(values: &[i64], (base, range): (i64, u64), firsts: Option<&[i64]>, out: &mut Vec<u8>) {
    let above = |value: &i64| value.wrapping_sub(base).cast_unsigned();
    let mut step = 0;
    for value in values {
        step = common_factor(step, above(value));
        if step == 1 {
            break;
        }
    }
    let width = bits::width_of(range.checked_div(step).unwrap_or(0));
    let flag = if firsts.is_some() { CHANGES } else { 0 };
    out.push(u8::try_from(width).expect("at most 64") | flag);
    out.extend_from_slice(&base.to_le_bytes());
    if width > 0 {
        out.extend_from_slice(&step.to_le_bytes());
    }
    for first in firsts.unwrap_or_default() {
        out.extend_from_slice(&first.to_le_bytes());
    }
    if step == 1 {
        bits::pack(values.iter().map(above), width, out);
    } else if step > 1 {
        bits::pack(values.iter().map(|value| above(value) / step), width, out);
    }
}

/// The greatest common divisor; mostly `value` is a multiple of `step` already.
fn common_factor(step: u64, value: u64) -> u64 {
    let (mut a, mut b) = (step, value);
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

/// Reads columns off the front of a body.
#[derive(Debug)]
pub(super) struct ColumnReader<'a> {
    pub(super) rest: &'a [u8],
    packed: Vec<u64>,
}

impl<'a> ColumnReader<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body, packed: Vec::new() }
    }

    /// Reads `count` values into `out`, replacing what is there.
    pub(super) fn read(&mut self, count: usize, groups: &Groups, out: &mut Vec<i64>) -> Result<(), Damage> {
        out.clear();
        if count == 0 {
            return Ok(());
        }
        let head = self.take(1)?[0];
        let width = u32::from(head & !CHANGES);
        if !bits::is_width(width) {
            return Err(Damage::Columns("width"));
        }
        let base = self.word()?.cast_signed();
        let step = if width > 0 { self.word()? } else { 0 };
        let firsts = if head & CHANGES == 0 { &[][..] } else { self.take(8 * groups.count)? };
        let packed = self.take(bits::packed_len(width, count))?;
        if width == 0 && firsts.is_empty() {
            out.resize(count, base);
            return Ok(());
        }
        self.packed.resize(count, 0);
        bits::unpack(packed, width, &mut self.packed);
        let value = |packed: u64| base.wrapping_add(packed.wrapping_mul(step).cast_signed());
        let values = self.packed.iter().copied();
        if firsts.is_empty() && step == 1 {
            out.extend(values.map(|packed| base.wrapping_add(packed.cast_signed())));
        } else if firsts.is_empty() {
            out.extend(values.map(value));
        } else if groups.of.is_empty() {
            let mut last = i64::from_le_bytes(firsts.try_into().expect("eight bytes"));
            out.extend(values.map(|packed| {
                last = last.wrapping_add(value(packed));
                last
            }));
        } else {
            let (words, _) = firsts.as_chunks::<8>();
            let mut lasts: Vec<i64> = words.iter().map(|word| i64::from_le_bytes(*word)).collect();
            out.extend(values.zip(&groups.of).map(|(packed, &group)| {
                let last = &mut lasts[usize::from(group)];
                *last = last.wrapping_add(value(packed));
                *last
            }));
        }
        Ok(())
    }

    fn word(&mut self) -> Result<u64, Damage> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().expect("eight bytes")))
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Damage::Columns("too short"))?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(values: &[i64], groups: &Groups) -> Vec<u8> {
        let mut out = Vec::new();
        ColumnWriter::default().write(values, groups, &mut out);
        out
    }

    proptest! {
        #[test]
        fn any_column_comes_back(
            rows in prop::collection::vec((any::<i64>(), 0_i64..4), 0..50),
            small in any::<bool>(),
            step in prop::sample::select(vec![1_i64, 10, 1_000_000]),
        ) {
            let value = |v: i64| if small { v % 1_000 * step } else { v };
            let values: Vec<i64> = rows.iter().map(|row| value(row.0)).collect();
            let groups = Groups::of(&rows.iter().map(|row| row.1).collect::<Vec<_>>());
            let bytes = written(&values, &groups);
            let mut reader = ColumnReader::new(&bytes);
            let mut back = Vec::new();
            reader.read(values.len(), &groups, &mut back).unwrap();
            prop_assert_eq!(back, values);
            prop_assert!(reader.rest.is_empty());
        }

        #[test]
        fn noise_is_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0_usize..40) {
            let mut reader = ColumnReader::new(&bytes);
            drop(reader.read(count, &Groups::ONE, &mut Vec::new()));
        }
    }

    #[test]
    fn columns_find_what_is_regular() {
        let equal: Vec<i64> = vec![7; 1_000];
        assert_eq!(written(&equal, &Groups::ONE).len(), 9);
        let clock: Vec<i64> = (0..1_000).map(|k| 1_700_000_000_000_000_000 + k * 60_000_000_000).collect();
        let a_header_and_one_bit_a_value = 25 + 125;
        assert_eq!(written(&clock, &Groups::ONE).len(), a_header_and_one_bit_a_value);
        let keys: Vec<i64> = (0..1_000).map(|k| k % 2).collect();
        let two_prices: Vec<i64> = (0..1_000).map(|k| if k % 2 == 0 { 5_000_000_000 + k } else { 3 - k }).collect();
        assert!(written(&two_prices, &Groups::of(&keys)).len() < 33 + 8 * 1_000 / 8);
        assert!(written(&two_prices, &Groups::ONE).len() > 30 * 1_000 / 8);
    }
}
