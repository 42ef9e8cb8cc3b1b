//! Turning a hot file into a cold one.

use super::BLOCK;
use super::block::{BlockBuilder, BlockReader};
use super::error::{Damage, Doing, LogError};
use super::frame::{Body, BodyReader, Contents, FULL_ROWS, FrameWriter, Header};
use super::row;
use super::segment::{Frames, Heat, READ_ALL, Segment};
use super::storage::{File, Storage};

/// Re-encodes the hot file that begins with seq `first`, and removes it once the cold one is known to be whole.
pub(super) fn compact(storage: &dyn Storage, first: u64) -> Result<(), LogError> {
    let (hot, cold) = (Segment { first, heat: Heat::Hot }, Segment { first, heat: Heat::Cold });
    let (name, temporary) = (cold.name(), cold.temporary());
    let mut source = Frames::open(storage, &hot, READ_ALL)?;
    let Some(written) = encode(&mut source, storage, &temporary)? else {
        return remove(storage, &hot.name());
    };
    let mut copy = Frames::open_named(storage, temporary.clone(), Heat::Cold, READ_ALL)?;
    if rows_of(&mut copy)? != written {
        return Err(copy.damaged(first..written.end, Damage::Digest));
    }
    storage.rename(&temporary, &name).doing("rename", &temporary)?;
    storage.sync_dir().doing("sync", ".")?;
    remove(storage, &hot.name())
}

fn remove(storage: &dyn Storage, name: &str) -> Result<(), LogError> {
    storage.remove(name).doing("remove", name)
}

/// What a file holds, however it holds it.
#[derive(Debug, PartialEq, Eq)]
struct Rows {
    hash: blake3::Hash,
    end: u64,
}

/// Writes the frames of `source` in columns, durably; `None` if there are none.
fn encode(source: &mut Frames, storage: &dyn Storage, temporary: &str) -> Result<Option<Rows>, LogError> {
    let mut out = Output { file: storage.create(temporary).doing("create", temporary)?, name: temporary, offset: 0 };
    let mut frames = FrameWriter::new().doing("prepare", "zstd")?;
    let (mut block, mut body) = (BlockBuilder::default(), Vec::new());
    let mut hash = blake3::Hasher::new();
    let mut collected: Option<Contents> = None;
    let mut end = None;
    loop {
        let (offset, name) = (source.offset(), source.name().to_owned());
        let failed = |seqs, what| LogError::Damaged { file: name, offset, seqs, what };
        let next = source.next()?.map_err(|what| failed(end.unwrap_or(0)..end.unwrap_or(0) + 1, what));
        let Some((header, bytes)) = next? else { break };
        let rows = &bytes[super::frame::HEADER..];
        let full = block.row_bytes() + rows.len() > FULL_ROWS || header.first.is_multiple_of(BLOCK);
        if let Some(contents) = collected.take_if(|_| full) {
            block.finish(&mut body);
            out.write(frames.columns(contents, &body))?;
        }
        hash.update(rows);
        push_rows(&header, rows, &mut block).map_err(|what| LogError::Damaged {
            file: source.name().to_owned(),
            offset,
            seqs: header.first..header.end(),
            what,
        })?;
        let before =
            collected.get_or_insert(Contents { first: header.first, count: 0, link: header.link, digest: header.digest });
        before.count += header.count;
        before.digest = header.digest;
        end = Some(header.end());
    }
    if let Some(contents) = collected {
        block.finish(&mut body);
        out.write(frames.columns(contents, &body))?;
    }
    out.file.sync().doing("sync", temporary)?;
    Ok(end.map(|end| Rows { hash: hash.finalize(), end }))
}

struct Output<'a> {
    file: Box<dyn File>,
    name: &'a str,
    offset: u64,
}

impl Output<'_> {
    fn write(&mut self, frame: &[u8]) -> Result<(), LogError> {
        self.file.write_at(self.offset, frame).doing("write", self.name)?;
        self.offset += frame.len() as u64;
        Ok(())
    }
}

fn push_rows(header: &Header, mut rows: &[u8], block: &mut BlockBuilder) -> Result<(), Damage> {
    for seq in header.first..header.end() {
        let (record, len) = row::decode(rows).map_err(|source| Damage::Row { seq, source })?;
        block.push(&record, &rows[..len]);
        rows = &rows[len..];
    }
    Ok(())
}

/// Decodes a cold file and hashes its records' rows.
fn rows_of(copy: &mut Frames) -> Result<Rows, LogError> {
    let mut bodies = BodyReader::new().doing("prepare", "zstd")?;
    let (mut blocks, mut records, mut rows) = (BlockReader::default(), Vec::new(), Vec::new());
    let mut read = Rows { hash: blake3::Hasher::new().finalize(), end: 0 };
    let mut hash = blake3::Hasher::new();
    loop {
        let next = copy.next()?;
        let end = read.end;
        let checked = match next {
            Ok(None) => break,
            Err(damage) => Err(damage),
            Ok(Some((header, bytes))) => {
                records.clear();
                rows.clear();
                read.end = header.end();
                bodies
                    .open(&header, bytes)
                    .and_then(|body| match header.body {
                        Body::Columns => blocks.read(body, header.first, header.count as usize, &mut records),
                        Body::Rows => Err(Damage::Header("body")),
                    })
                    .and_then(|()| {
                        records.iter().try_for_each(|record| {
                            row::encode(record, &mut rows).map_err(|source| Damage::Row { seq: record.seq, source })
                        })
                    })
            }
        };
        checked.map_err(|what| copy.damaged(end..read.end.max(end + 1), what))?;
        hash.update(&rows);
    }
    read.hash = hash.finalize();
    Ok(read)
}
