//! freqtrade's JSON: `[[ts_ms,open,high,low,close,volume],…]`, read row by row and without a float.

use std::io::BufRead;

use csv::ByteRecord;

use super::rows::Broken;

/// A row longer than this is no row of six numbers.
const MAX_ROW: usize = 1_024;

/// Splits the text into rows of the fields' own text.
pub(super) struct JsonRows<R> {
    text: R,
    row: u64,
    begun: bool,
    ended: bool,
    buffer: Vec<u8>,
}

impl<R: BufRead> JsonRows<R> {
    pub(super) fn new(text: R) -> Self {
        Self { text, row: 0, begun: false, ended: false, buffer: Vec::new() }
    }

    /// The number of the row read last.
    pub(super) fn line(&self) -> u64 {
        self.row
    }

    pub(super) fn next(&mut self, row: &mut ByteRecord) -> Result<bool, Broken> {
        if self.ended {
            return Ok(false);
        }
        if !self.begun {
            match self.token()? {
                Some(b'[') => self.begun = true,
                _ => return Err(unexpected("a list of rows such as [[1704067200000,1,2,0.5,1.5,10]]")),
            }
        }
        match self.token()? {
            Some(b'[') => {}
            Some(b',') if self.row > 0 => match self.token()? {
                Some(b'[') => {}
                _ => return Err(unexpected("a row")),
            },
            Some(b']') => {
                self.ended = true;
                return match self.token()? {
                    None => Ok(false),
                    Some(_) => Err(unexpected("nothing after the last row")),
                };
            }
            Some(_) => return Err(unexpected("a row")),
            None => return Err(Broken::Damaged("the file ends before its list does: fetch it again".to_owned())),
        }
        self.buffer.clear();
        loop {
            match self.byte()? {
                Some(b']') => break,
                Some(b'[' | b'{') => return Err(unexpected("a row of numbers")),
                Some(byte) if self.buffer.len() < MAX_ROW => self.buffer.push(byte),
                Some(_) => return Err(unexpected("a row of numbers")),
                None => return Err(Broken::Damaged("the file ends inside this row: fetch it again".to_owned())),
            }
        }
        self.row += 1;
        row.clear();
        for field in self.buffer.split(|&byte| byte == b',') {
            row.push_field(field.trim_ascii());
        }
        Ok(true)
    }

    fn byte(&mut self) -> Result<Option<u8>, Broken> {
        let byte = self.text.fill_buf()?.first().copied();
        self.text.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// The next byte that is not white space.
    fn token(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            match self.byte()? {
                Some(byte) if byte.is_ascii_whitespace() => {}
                other => return Ok(other),
            }
        }
    }
}

fn unexpected(expected: &str) -> Broken {
    Broken::Damaged(format!("the JSON goes wrong here: expected {expected}"))
}
