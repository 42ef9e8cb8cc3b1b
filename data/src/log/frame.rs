//! A frame: the unit that is written, checksummed and read.

use std::io;

use engine::event::Hash;
use zstd::bulk::{Compressor, Decompressor};

use super::BLOCK;
use super::error::Damage;

pub(super) const MAGIC: [u8; 4] = *b"TFLG";
pub(super) const HEADER: usize = 100;
const FORMAT: u16 = 1;
const SCHEMA: u16 = 1;
/// No body is longer: a damaged length never makes us allocate more.
pub(super) const MAX_BODY: usize = 8 << 20;
/// A frame is closed once its rows are this large, so that with one more row it stays below [`MAX_BODY`].
pub(super) const FULL_ROWS: usize = 3 << 20;

/// How a body holds its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Rows,
    Columns,
}

/// Whether a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Raw,
    Zstd,
}

/// What a frame says about its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub body: Body,
    pub codec: Codec,
    pub count: u32,
    pub first: u64,
    pub body_len: u32,
    pub stored_len: u32,
    pub link: Hash,
    pub digest: Hash,
    pub crc: u32,
}

impl Header {
    /// The next frame's first seq.
    pub(super) fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Bytes of the whole frame.
    pub(super) fn frame_len(&self) -> u64 {
        HEADER as u64 + u64::from(self.stored_len)
    }

    /// Reads a header and checks each field but the checksum.
    pub(super) fn parse(bytes: &[u8; HEADER]) -> Result<Self, Damage> {
        if bytes[..4] != MAGIC {
            return Err(Damage::Magic);
        }
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let hash = |at: usize| Hash(bytes[at..at + 32].try_into().expect("32 bytes"));
        for (field, found, known) in [("format", half(4), FORMAT), ("schema", half(6), SCHEMA)] {
            match found {
                0 => return Err(Damage::Header(field)),
                newer if newer > known => return Err(Damage::Newer { field, found, known }),
                _ => {}
            }
        }
        let body = match half(8) {
            1 => Body::Rows,
            2 => Body::Columns,
            _ => return Err(Damage::Header("body")),
        };
        let codec = match half(10) {
            0 => Codec::Raw,
            1 => Codec::Zstd,
            _ => return Err(Damage::Header("codec")),
        };
        let first = u64::from_le_bytes(bytes[16..24].try_into().expect("eight bytes"));
        let header = Self {
            body,
            codec,
            count: word(12),
            first,
            body_len: word(24),
            stored_len: word(28),
            link: hash(32),
            digest: hash(64),
            crc: word(96),
        };
        if header.count == 0 || first % BLOCK + u64::from(header.count) > BLOCK || first > u64::MAX - BLOCK {
            return Err(Damage::Header("count"));
        }
        if header.body_len as usize > MAX_BODY || header.stored_len > header.body_len {
            return Err(Damage::Header("length"));
        }
        if codec == Codec::Raw && header.stored_len != header.body_len {
            return Err(Damage::Header("length"));
        }
        Ok(header)
    }

    fn write(&self, out: &mut [u8]) {
        out[..4].copy_from_slice(&MAGIC);
        out[4..6].copy_from_slice(&FORMAT.to_le_bytes());
        out[6..8].copy_from_slice(&SCHEMA.to_le_bytes());
        let body: u16 = match self.body {
            Body::Rows => 1,
            Body::Columns => 2,
        };
        let codec: u16 = match self.codec {
            Codec::Raw => 0,
            Codec::Zstd => 1,
        };
        out[8..10].copy_from_slice(&body.to_le_bytes());
        out[10..12].copy_from_slice(&codec.to_le_bytes());
        out[12..16].copy_from_slice(&self.count.to_le_bytes());
        out[16..24].copy_from_slice(&self.first.to_le_bytes());
        out[24..28].copy_from_slice(&self.body_len.to_le_bytes());
        out[28..32].copy_from_slice(&self.stored_len.to_le_bytes());
        out[32..64].copy_from_slice(&self.link.0);
        out[64..96].copy_from_slice(&self.digest.0);
        out[96..100].copy_from_slice(&self.crc.to_le_bytes());
    }
}

fn checksum(header: &[u8], stored: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header[..HEADER - 4]);
    crc.update(stored);
    crc.finalize()
}

/// Checks a whole frame's bytes against its own header.
pub(super) fn check(header: &Header, bytes: &[u8]) -> Result<(), Damage> {
    let (head, stored) = bytes.split_at_checked(HEADER).ok_or(Damage::Cut)?;
    if checksum(head, stored) == header.crc { Ok(()) } else { Err(Damage::Checksum) }
}

/// What a frame's records are, for whoever seals it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contents {
    pub first: u64,
    pub count: u32,
    pub link: Hash,
    pub digest: Hash,
}

/// Makes frames; keeps its compressor and buffer.
pub(super) struct FrameWriter {
    compressor: Compressor<'static>,
    frame: Vec<u8>,
}

impl FrameWriter {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { compressor: Compressor::new(-5)?, frame: Vec::new() })
    }

    /// A frame of columns, compressed if that saves at least a sixteenth: less is not worth the reader's time.
    pub(super) fn columns(&mut self, contents: Contents, body: &[u8]) -> &[u8] {
        self.frame.resize(HEADER + body.len(), 0);
        let room = &mut self.frame[HEADER..HEADER + body.len() - body.len() / 16];
        // Too little room for it is the usual reason for an error, and raw is right for any other.
        let compressed = self.compressor.compress_to_buffer(body, room);
        let (codec, stored) = compressed.map_or((Codec::Raw, body.len()), |len| (Codec::Zstd, len));
        if codec == Codec::Raw {
            self.frame[HEADER..].copy_from_slice(body);
        }
        self.frame.truncate(HEADER + stored);
        seal(&mut self.frame, contents, Body::Columns, codec, body.len());
        &self.frame
    }
}

/// Appends a frame of rows to `out`.
pub(super) fn rows(contents: Contents, rows: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + HEADER, 0);
    out.extend_from_slice(rows);
    seal(&mut out[start..], contents, Body::Rows, Codec::Raw, rows.len());
}

fn seal(frame: &mut [u8], contents: Contents, body: Body, codec: Codec, body_len: usize) {
    let length = |len: usize| u32::try_from(len).expect("bodies stay below MAX_BODY");
    let Contents { first, count, link, digest } = contents;
    let stored_len = length(frame.len() - HEADER);
    let mut header = Header { body, codec, count, first, body_len: length(body_len), stored_len, link, digest, crc: 0 };
    header.write(frame);
    let (head, stored) = frame.split_at(HEADER);
    header.crc = checksum(head, stored);
    header.write(frame);
}

/// Opens bodies; keeps its decompressor and buffer.
pub(super) struct BodyReader {
    decompressor: Decompressor<'static>,
    body: Vec<u8>,
}

impl BodyReader {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { decompressor: Decompressor::new()?, body: Vec::new() })
    }

    /// The body of a frame whose checksum fits.
    pub(super) fn open<'a>(&'a mut self, header: &Header, frame: &'a [u8]) -> Result<&'a [u8], Damage> {
        let stored = &frame[HEADER..];
        match header.codec {
            Codec::Raw => Ok(stored),
            Codec::Zstd => {
                self.body.resize(header.body_len as usize, 0);
                match self.decompressor.decompress_to_buffer(stored, &mut self.body[..]) {
                    Ok(len) if len == self.body.len() => Ok(&self.body),
                    _ => Err(Damage::Codec),
                }
            }
        }
    }
}
