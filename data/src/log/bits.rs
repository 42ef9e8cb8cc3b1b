//! Unsigned integers of one width, packed without gaps, lowest bit first.

/// The widest value that an unaligned read of eight bytes always covers; wider ones take 64 bits.
const WIDEST: u32 = 57;

/// Bits that each of several values needs when the largest is `max`.
pub(super) fn width_of(max: u64) -> u32 {
    match u64::BITS - max.leading_zeros() {
        bits if bits > WIDEST => u64::BITS,
        bits => bits,
    }
}

/// Whether `width` is one that [`width_of`] gives.
pub(super) fn is_width(width: u32) -> bool {
    width <= WIDEST || width == u64::BITS
}

/// Bytes that `count` values take.
pub(super) fn packed_len(width: u32, count: usize) -> usize {
    (width as usize * count).div_ceil(8)
}

/// Appends the lowest `width` bits of each value.
pub(super) fn pack(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let (mut word, mut filled) = (0_u64, 0);
    for value in values {
        word |= value << filled;
        filled += width;
        if filled >= u64::BITS {
            out.extend_from_slice(&word.to_le_bytes());
            filled -= u64::BITS;
            word = if filled == 0 { 0 } else { value >> (width - filled) };
        }
    }
    out.extend_from_slice(&word.to_le_bytes()[..filled.div_ceil(8) as usize]);
}

/// Reads values of `width` bits into all of `out`, out of exactly [`packed_len`] bytes.
pub(super) fn unpack(bytes: &[u8], width: u32, out: &mut [u64]) {
    debug_assert_eq!(bytes.len(), packed_len(width, out.len()));
    if width == 0 {
        return out.fill(0);
    }
    let mask = u64::MAX >> (u64::BITS - width);
    let width = width as usize;
    let read = |from: &[u8], bit: usize| {
        let word: [u8; 8] = from[bit / 8..bit / 8 + 8].try_into().expect("eight bytes");
        (u64::from_le_bytes(word) >> (bit % 8)) & mask
    };
    // Eight values are `width` whole bytes, so the shifts repeat and a group needs one bounds check.
    let (groups, _) = out.as_chunks_mut::<8>();
    let mut done = 0;
    for values in groups {
        let Some(group) = bytes.get(done / 8 * width..done / 8 * width + width + 8) else { break };
        for (k, value) in values.iter_mut().enumerate() {
            *value = read(group, k * width);
        }
        done += 8;
    }
    // The last ones are read out of a copy, since eight bytes may not follow them.
    let rest = &bytes[done / 8 * width..];
    let mut tail = vec![0; rest.len() + 8];
    tail[..rest.len()].copy_from_slice(rest);
    for (k, value) in out[done..].iter_mut().enumerate() {
        *value = read(&tail, k * width);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_come_back(width in (0_u32..=58).prop_map(|w| if w == 58 { 64 } else { w }), values in prop::collection::vec(any::<u64>(), 0..40)) {
            let mask = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
            let values: Vec<u64> = values.into_iter().map(|value| value & mask).collect();
            let mut bytes = Vec::new();
            pack(values.iter().copied(), width, &mut bytes);
            prop_assert_eq!(bytes.len(), packed_len(width, values.len()));
            let mut back = vec![1; values.len()];
            unpack(&bytes, width, &mut back);
            prop_assert_eq!(back, values);
        }
    }

    #[test]
    fn widths_without_an_unaligned_read_are_not_used() {
        assert_eq!([0, 1, 255, 256, (1 << 57) - 1, 1 << 57, u64::MAX].map(width_of), [0, 1, 8, 9, 57, 64, 64]);
    }
}
