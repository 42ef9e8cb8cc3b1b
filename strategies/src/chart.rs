//! Chart patterns, from confirmed turning points, at the moment when the price breaks out of them.
//!
//! A pattern is looked for among the last turning points ([`Swings`]), and it counts when a candle *closes* beyond its
//! neckline. Tops are bottoms of the price with its sign changed, so each shape is written once. How the shapes are
//! told follows Bulkowski, *Encyclopedia of Chart Patterns*; the tolerances are ours, in shares of the pattern's height.
//!
//! | shape | turning points | neckline | height |
//! |---|---|---|---|
//! | double bottom | two lows within 15 % of each other, reached from above the neckline | the high between | neckline to the lower low |
//! | head and shoulders, inverse | three lows, the middle one lowest, the others within 35 % | the line through the highs between | neckline to head |
//! | triangle | two highs and two lows, no bottom, whose lines close in; a line within 10 % is flat | the line that is broken | first high to first low |

mod swings;

use serde::Serialize;

use crate::candle::Candle;

pub use swings::{Swing, Swings, Turn};

/// How far apart the bottoms of a double bottom may be.
const EQUAL_BOTTOMS: f64 = 0.15;
/// How far apart two shoulders, or the two points of their neckline, may be.
const EQUAL_SHOULDERS: f64 = 0.35;
/// How far the head must be below the lower shoulder.
const HEAD: f64 = 0.15;
/// How much a flat line of a triangle may rise or fall.
const FLAT: f64 = 0.1;
/// How much of a triangle's height may be left at its last turning point.
const NARROW: f64 = 0.75;
/// How far beyond the neckline, in heights, the price may be already.
const CHASE: f64 = 0.5;

/// What a pattern looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Shape {
    /// Two lows at one price.
    DoubleBottom,
    /// Two highs at one price.
    DoubleTop,
    /// A low between two higher ones.
    InverseHeadAndShoulders,
    /// A high between two lower ones.
    HeadAndShoulders,
    /// Lows rise towards highs at one price.
    AscendingTriangle,
    /// Highs fall towards lows at one price.
    DescendingTriangle,
    /// Highs fall and lows rise.
    SymmetricalTriangle,
}

/// Which way a price broke out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Breakout {
    /// Above the neckline.
    Up,
    /// Below the neckline.
    Down,
}

/// A pattern that the price has just broken out of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChartPattern {
    /// What it looks like.
    pub shape: Shape,
    /// Which way the price went.
    pub breakout: Breakout,
    /// The neckline's price on this candle.
    pub neckline: f64,
    /// Its height, in units of price.
    pub height: f64,
    /// Where the move is expected to lead: the height beyond the neckline.
    pub target: f64,
    /// The last turning point: beyond it the pattern has failed.
    pub failure: f64,
    /// How well it keeps to the shape: 1 is exact, 0 is just within the tolerances.
    pub clarity: f64,
}

/// Finds chart patterns in a stream of candles.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    swings: Swings,
    last_close: Option<f64>,
    /// The turning point after which a breakout was told of: one is told of each.
    told: Option<u64>,
}

impl Chart {
    /// With turning points whose legs are at least `reversal` average true ranges over `atr_period` candles.
    pub fn new(atr_period: u32, reversal: f64) -> Self {
        Self { swings: Swings::new(atr_period, reversal), last_close: None, told: None }
    }

    /// Takes a candle in and gives the pattern that it breaks out of.
    pub fn update(&mut self, candle: &Candle) -> Option<ChartPattern> {
        if !candle.is_finite() {
            return None;
        }
        let confirmed = self.swings.update(candle);
        // A turn that is confirmed beyond the neckline broke it on the way.
        let before = self.last_close.replace(candle.close).filter(|_| confirmed.is_none());
        let last = self.swings.all().back()?.at;
        if self.told == Some(last) {
            return None;
        }
        let step = Step { now: self.swings.candles() as f64 - 1.0, before, close: candle.close };
        let found = [Breakout::Up, Breakout::Down].into_iter().find_map(|breakout| self.find(breakout, &step))?;
        self.told = Some(last);
        Some(found)
    }

    /// The turning points.
    pub fn swings(&self) -> &Swings {
        &self.swings
    }

    fn find(&self, breakout: Breakout, step: &Step) -> Option<ChartPattern> {
        let sign = breakout.sign();
        let points: Vec<Point> = self.swings.all().iter().rev().map(|swing| Point::of(swing, sign)).collect();
        let step = Step { before: step.before.map(|before| before * sign), close: step.close * sign, ..*step };
        let bottoms = || inverse_head_and_shoulders(&points).or_else(|| double_bottom(&points));
        let is_at_low = self.swings.all().back()?.turn == breakout.opposite();
        // A bottom waits for its own neckline, though its highs and lows may close in as a triangle's do.
        let outline = if is_at_low { bottoms().or_else(|| triangle(&points, 0)) } else { triangle(&points, 1) }?;
        let neckline = outline.neckline.at(step.now);
        if !outline.is_broken(&step) || outline.floor.at(step.now) >= neckline {
            return None;
        }
        Some(ChartPattern {
            shape: outline.shape.seen(breakout),
            breakout,
            neckline: neckline * sign,
            height: outline.height,
            target: (neckline + outline.height) * sign,
            failure: outline.failure * sign,
            clarity: outline.clarity.clamp(0.0, 1.0),
        })
    }
}

impl Breakout {
    fn sign(self) -> f64 {
        match self {
            Self::Up => 1.0,
            Self::Down => -1.0,
        }
    }

    /// The last turn before it.
    fn opposite(self) -> Turn {
        match self {
            Self::Up => Turn::Low,
            Self::Down => Turn::High,
        }
    }
}

impl Shape {
    /// What a shape that breaks upwards is called when it breaks the other way.
    fn seen(self, breakout: Breakout) -> Self {
        match (self, breakout) {
            (shape, Breakout::Up) => shape,
            (Self::DoubleBottom, _) => Self::DoubleTop,
            (Self::InverseHeadAndShoulders, _) => Self::HeadAndShoulders,
            (Self::AscendingTriangle, _) => Self::DescendingTriangle,
            (Self::DescendingTriangle, _) => Self::AscendingTriangle,
            (shape, _) => shape,
        }
    }

    /// Its name in a signal's reasons.
    pub fn name(self) -> &'static str {
        match self {
            Self::DoubleBottom => "double_bottom",
            Self::DoubleTop => "double_top",
            Self::InverseHeadAndShoulders => "inverse_head_and_shoulders",
            Self::HeadAndShoulders => "head_and_shoulders",
            Self::AscendingTriangle => "ascending_triangle",
            Self::DescendingTriangle => "descending_triangle",
            Self::SymmetricalTriangle => "symmetrical_triangle",
        }
    }
}

/// The newest candle, its price signed so that a breakout is upwards.
struct Step {
    now: f64,
    before: Option<f64>,
    close: f64,
}

/// A turning point, its price signed so that a breakout is upwards.
#[derive(Clone, Copy)]
struct Point {
    at: f64,
    price: f64,
}

/// A straight line through two points.
#[derive(Clone, Copy)]
struct Line(Point, Point);

/// A pattern before its breakout, signed likewise.
struct Outline {
    shape: Shape,
    neckline: Line,
    floor: Line,
    height: f64,
    failure: f64,
    clarity: f64,
}

impl Point {
    fn of(swing: &Swing, sign: f64) -> Self {
        Self { at: swing.at as f64, price: swing.price * sign }
    }
}

impl Line {
    fn at(self, at: f64) -> f64 {
        let Self(from, to) = self;
        // A level line goes through one point twice.
        let bars = (to.at - from.at).max(1.0);
        from.price + (to.price - from.price) * (at - from.at) / bars
    }
}

impl Outline {
    fn is_broken(&self, step: &Step) -> bool {
        let neckline = self.neckline.at(step.now);
        let is_new = step.before.is_none_or(|before| before <= self.neckline.at(step.now - 1.0));
        is_new && step.close > neckline && step.close - neckline <= CHASE * self.height
    }
}

/// How close a share is to zero, of those up to `most`; `None` beyond.
fn closeness(share: f64, most: f64) -> Option<f64> {
    (share.abs() <= most).then(|| 1.0 - share.abs() / most)
}

fn double_bottom(points: &[Point]) -> Option<Outline> {
    let &[second, neck, first, before, ..] = points else { return None };
    let height = neck.price - first.price.min(second.price);
    let clarity = closeness((second.price - first.price) / height, EQUAL_BOTTOMS)?;
    let (neckline, floor) = (Line(neck, neck), Line(first, second));
    let outline = Outline { shape: Shape::DoubleBottom, neckline, floor, height, failure: second.price, clarity };
    (height > 0.0 && before.price > neck.price).then_some(outline)
}

fn inverse_head_and_shoulders(points: &[Point]) -> Option<Outline> {
    let &[right, right_neck, head, left_neck, left, ..] = points else { return None };
    let neckline = Line(left_neck, right_neck);
    let height = neckline.at(head.at) - head.price;
    let shoulders = closeness((right.price - left.price) / height, EQUAL_SHOULDERS)?;
    let level = closeness((right_neck.price - left_neck.price) / height, EQUAL_SHOULDERS)?;
    let is_head = right.price.min(left.price) - head.price >= HEAD * height;
    let (floor, failure) = (Line(left, right), right.price);
    let clarity = f64::midpoint(shoulders, level);
    let outline = Outline { shape: Shape::InverseHeadAndShoulders, neckline, floor, height, failure, clarity };
    (height > 0.0 && is_head).then_some(outline)
}

/// `newest_low` is its place among the points, 0 or 1.
fn triangle(points: &[Point], newest_low: usize) -> Option<Outline> {
    let &[a, b, c, d, ..] = points else { return None };
    let [low, high, old_low, old_high] = if newest_low == 0 { [a, b, c, d] } else { [b, a, d, c] };
    let (upper, lower) = (Line(old_high, high), Line(old_low, low));
    let height = old_high.price - old_low.price;
    let (fall, rise) = ((old_high.price - high.price) / height, (low.price - old_low.price) / height);
    let shape = match (fall.abs() <= FLAT, rise.abs() <= FLAT) {
        (true, false) if rise > 0.0 => Shape::AscendingTriangle,
        (false, true) if fall > 0.0 => Shape::DescendingTriangle,
        (false, false) if fall > 0.0 && rise > 0.0 => Shape::SymmetricalTriangle,
        _ => return None,
    };
    let left = (upper.at(a.at) - lower.at(a.at)) / height;
    let clarity = (NARROW - left) / NARROW;
    let outline = Outline { shape, neckline: upper, floor: lower, height, failure: low.price, clarity };
    (height > 0.0 && left > 0.0 && left <= NARROW).then_some(outline)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests;
