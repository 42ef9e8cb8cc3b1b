//! A handle of the `ta-lib` crate, from the first input on: it keeps what the handle needs to open, opens it with
//! exactly that, so that the first value is on the bar where TA-Lib has it, and renews it before it ages.

use std::fmt::Debug;

use serde::{Serialize, Serializer};
use ta_lib::RetCode;

use crate::candle::Candle;

/// A handle is opened anew after so many inputs. Its running sums are then free of what rounding piled up, and it
/// stays far below the 100 million inputs after which `ta-lib` refuses more.
pub(super) const RENEWED_AFTER: u32 = 1 << 20;
/// A new handle starts from so many times what it needs: the weight of an older input is below `exp(-40)` in an
/// average of Wilder's, the slowest to forget, which is less than a float can tell.
const MEMORY: usize = 40;
/// No price and no volume is larger.
const LARGEST: f64 = 1e100;
/// The longest period that `ta-lib` takes.
pub(super) const MAX_PERIOD: u32 = 100_000;

/// One function of `ta-lib`: how its handle opens and goes on.
pub(super) trait Handle: Clone + Debug {
    type Params: Copy + Debug + Serialize;
    type Input: Input;
    type Value: Output;

    /// How many inputs come before the first one with a value.
    fn lookback(params: Self::Params) -> Result<usize, RetCode>;
    fn open(params: Self::Params, history: &[Self::Input]) -> Result<(Self, Self::Value), RetCode>;
    fn advance(&mut self, input: Self::Input) -> Result<Self::Value, RetCode>;
}

/// What an indicator is fed: a number, or a candle.
pub(super) trait Input: Copy + Debug + Serialize {
    /// Whether it can be computed with: a number, and none so large that its square is infinite.
    fn is_sound(&self) -> bool;
    fn mixed_into(&self, mix: u64) -> u64;
}

/// What an indicator gives.
pub(super) trait Output: Copy + Debug + Serialize {
    fn is_finite(&self) -> bool;
}

impl Input for f64 {
    fn is_sound(&self) -> bool {
        self.abs() <= LARGEST
    }

    fn mixed_into(&self, mix: u64) -> u64 {
        // Odd, without pattern: 2^64 / golden ratio.
        (mix ^ self.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    }
}

impl Input for Candle {
    fn is_sound(&self) -> bool {
        [self.open, self.high, self.low, self.close, self.volume].iter().fold(true, |all, number| all & number.is_sound())
    }

    fn mixed_into(&self, mix: u64) -> u64 {
        [self.open, self.high, self.low, self.close, self.volume].iter().fold(mix, |mix, number| number.mixed_into(mix))
    }
}

impl Output for f64 {
    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }
}

/// A function of `ta-lib` over inputs that come one by one.
#[derive(Clone, Debug)]
pub(super) struct Streaming<H: Handle> {
    params: H::Params,
    handle: Option<H>,
    /// Inputs since the handle was opened.
    age: u32,
    /// What the next handle will open with.
    history: Vec<H::Input>,
    /// Inputs before the first value. None: `ta-lib` does not take these parameters, and there will be no value.
    lookback: Option<usize>,
    value: Option<H::Value>,
    /// Of everything fed: it stands for the handle, which cannot be written out, in the state's hash.
    mix: u64,
}

impl<H: Handle> Streaming<H> {
    pub(super) fn new(params: H::Params) -> Self {
        let lookback = H::lookback(params).ok();
        Self { params, handle: None, age: 0, history: Vec::new(), lookback, value: None, mix: 0 }
    }

    pub(super) fn value(&self) -> Option<H::Value> {
        self.value
    }

    pub(super) fn update(&mut self, input: H::Input) -> Option<H::Value> {
        let Some(lookback) = self.lookback.filter(|_| input.is_sound()) else { return self.value };
        self.mix = input.mixed_into(self.mix);
        let Some(handle) = &mut self.handle else {
            self.history.push(input);
            if self.history.len() > lookback {
                self.open();
            }
            return self.value;
        };
        self.value = handle.advance(input).ok().filter(Output::is_finite).or(self.value);
        self.age += 1;
        if self.age >= RENEWED_AFTER {
            self.history.push(input);
            if self.history.len() >= (lookback + 1) * MEMORY {
                self.open();
            }
        }
        self.value
    }

    /// Puts a handle that knows the history alone in the place of the one there is.
    fn open(&mut self) {
        if let Ok((handle, value)) = H::open(self.params, &self.history) {
            self.handle = Some(handle);
            self.value = Some(value).filter(Output::is_finite).or(self.value);
            self.age = 0;
        }
        self.history = Vec::new();
    }
}

impl<H: Handle> Serialize for Streaming<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.params, self.age, self.mix, self.value).serialize(serializer)
    }
}

/// The columns of candles, as `ta-lib` opens its handles.
pub(super) struct Columns {
    pub(super) high: Vec<f64>,
    pub(super) low: Vec<f64>,
    pub(super) close: Vec<f64>,
    pub(super) volume: Vec<f64>,
}

impl Columns {
    pub(super) fn of(candles: &[Candle]) -> Self {
        let column = |field: fn(&Candle) -> f64| candles.iter().map(field).collect();
        Self {
            high: column(|candle| candle.high),
            low: column(|candle| candle.low),
            close: column(|candle| candle.close),
            volume: column(|candle| candle.volume),
        }
    }
}

/// A period as `ta-lib` takes it, at least `least`.
pub(super) fn period(period: u32, least: u32) -> i32 {
    period.clamp(least, MAX_PERIOD).cast_signed()
}
