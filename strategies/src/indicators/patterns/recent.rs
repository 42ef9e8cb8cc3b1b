//! The last candles, and what they are compared with.

use super::hikkake::Scores;
use super::shape::Shape;
use super::sums::Sums;

/// Candles that are kept: a power of two above the 11 that a sum needs.
const KEPT: usize = 16;
/// Candles whose means are kept: a power of two above the 5 of the longest pattern.
const COMPARED: usize = 8;
/// Candles of the longest pattern.
const LONGEST: usize = 5;

/// What all patterns are told from.
#[derive(Clone, Debug)]
pub(super) struct Candles {
    /// How many there were.
    count: u32,
    shapes: [Shape; KEPT],
    sums: Sums,
    means: [Sums; COMPARED],
    /// Which of the last ones rose; the newest is the lowest bit.
    risen: u8,
}

/// The last five candles, each with its means. A candle is named by how many came after it, a mean by the candle with
/// which its sum began.
pub(super) struct Recent<'a> {
    shapes: [&'a Shape; LONGEST],
    means: [&'a Sums; LONGEST],
    risen: u8,
    /// The scores of the patterns that remember.
    pub(super) hikkakes: Scores,
}

impl Candles {
    pub(super) fn new() -> Self {
        let (shapes, means) = ([Shape::default(); KEPT], [Sums::default(); COMPARED]);
        Self { count: 0, shapes, sums: Sums::default(), means, risen: 0 }
    }

    /// Takes one in; its index.
    pub(super) fn push(&mut self, shape: Shape) -> u32 {
        let index = self.count;
        self.means[index as usize % COMPARED] = self.sums.means();
        let shapes = &self.shapes;
        self.sums.add(index, &shape, |back| shapes[(index as usize).wrapping_sub(back) % KEPT]);
        self.shapes[index as usize % KEPT] = shape;
        self.risen = self.risen << 1 | u8::from(shape.rising);
        self.count += 1;
        index
    }

    pub(super) fn recent(&self) -> Recent<'_> {
        let newest = (self.count as usize).wrapping_sub(1);
        Recent {
            shapes: std::array::from_fn(|back| &self.shapes[newest.wrapping_sub(back) % KEPT]),
            means: std::array::from_fn(|back| &self.means[newest.wrapping_sub(back) % COMPARED]),
            risen: self.risen,
            hikkakes: Scores::default(),
        }
    }
}

impl<'a> Recent<'a> {
    /// The last `N` candles, oldest first.
    #[inline]
    pub(super) fn last<const N: usize>(&self) -> [&'a Shape; N] {
        std::array::from_fn(|index| self.shapes[N - 1 - index])
    }

    /// Whether the last candles went these ways, oldest first: `+` is a rising one, `-` a falling one, `?` any.
    #[inline]
    pub(super) fn went<const N: usize>(&self, ways: &[u8; N]) -> bool {
        let bits = |any_of: &[u8]| ways.iter().fold(0, |bits: u8, way| bits << 1 | u8::from(any_of.contains(way)));
        self.risen & bits(b"+-") == bits(b"+")
    }

    /// A body above the mean.
    pub(super) fn long(&self, back: usize, start: usize) -> bool {
        self.shapes[back].body > self.means[back].body[start]
    }

    /// A body below the mean.
    pub(super) fn short(&self, back: usize, start: usize) -> bool {
        self.shapes[back].body < self.means[back].body[start]
    }

    /// A body of at most a tenth of the mean range.
    pub(super) fn doji(&self, back: usize, start: usize) -> bool {
        self.shapes[back].body <= self.tenth(back, start)
    }

    /// A tenth of the mean range: shadows below that are none.
    pub(super) fn tenth(&self, back: usize, start: usize) -> f64 {
        0.1 * self.means[back].range[start]
    }

    /// No shadow above the body to speak of.
    pub(super) fn bare_top(&self, back: usize, start: usize) -> bool {
        self.shapes[back].upper < self.tenth(back, start)
    }

    /// No shadow below the body to speak of.
    pub(super) fn bare_bottom(&self, back: usize, start: usize) -> bool {
        self.shapes[back].lower < self.tenth(back, start)
    }

    /// A long body without shadows.
    pub(super) fn marubozu(&self, back: usize, start: usize) -> bool {
        self.long(back, start) & self.bare_top(back, start) & self.bare_bottom(back, start)
    }

    /// The mean length of one shadow: those below it are short.
    pub(super) fn shadow(&self, back: usize, start: usize) -> f64 {
        self.means[back].shadows[start] * 0.5
    }

    /// How far prices are from each other that are equal.
    pub(super) fn equal(&self, back: usize, start: usize) -> f64 {
        0.05 * self.means[back].distance[start]
    }

    /// How far prices are from each other that are near.
    pub(super) fn near(&self, back: usize, start: usize) -> f64 {
        0.2 * self.means[back].distance[start]
    }

    /// How far prices are from each other that are far.
    pub(super) fn far(&self, back: usize, start: usize) -> f64 {
        0.6 * self.means[back].distance[start]
    }
}
