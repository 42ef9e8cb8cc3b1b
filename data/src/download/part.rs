//! The file of a download that is not whole yet: what it is of, then rows in order of time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::row::Row;
use super::{DownloadError, Request, Series, Venue};
use crate::files::FileError;

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// The file, open to be added to.
pub(super) struct Part {
    path: PathBuf,
    file: BufWriter<File>,
    rows: u64,
}

/// What an earlier attempt left.
pub(super) struct Resumed {
    pub rows: u64,
    pub last: Option<Row>,
}

impl Part {
    /// Goes on with the file beside `request.out`, or begins it.
    pub(super) fn open(request: &Request) -> Result<(Self, Resumed), DownloadError> {
        let out = &request.out;
        Packing::of(out)?;
        if out.try_exists().unwrap_or(true) {
            return Err(DownloadError::Exists { path: out.clone() });
        }
        let path = beside(out, "part");
        let failed = |source| FileError::Write { path: path.clone(), source };
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let reason = format!("another download is writing {}: wait for it, or give another name", path.display());
            return Err(DownloadError::Request { reason });
        }
        let found = Found::read(&path, request)?;
        // What is behind the last whole row is fetched again.
        file.set_len(found.len).map_err(failed)?;
        let mut file = BufWriter::new(file);
        if found.len == 0 {
            writeln!(file, "{}\n{}", title(request), request.series.header()).and_then(|()| file.flush()).map_err(failed)?;
        }
        Ok((Self { path: path.clone(), file, rows: found.rows }, Resumed { rows: found.rows, last: found.last }))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Rows in the file.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds rows; they are with the operating system when this returns.
    pub(super) fn append(&mut self, rows: &[Row]) -> Result<(), DownloadError> {
        let written = rows.iter().try_for_each(|row| writeln!(self.file, "{row}")).and_then(|()| self.file.flush());
        written.map_err(|source| FileError::Write { path: self.path.clone(), source })?;
        self.rows += rows.len() as u64;
        Ok(())
    }

    /// Removes it.
    pub(super) fn discard(self) -> Result<(), DownloadError> {
        fs::remove_file(&self.path).map_err(|source| FileError::Write { path: self.path.clone(), source }.into())
    }

    /// Packs it into `out`, which is whole as soon as it has its name.
    pub(super) fn finish(self, out: &Path) -> Result<(), DownloadError> {
        let failed = |source| FileError::Write { path: out.to_owned(), source };
        let beside = beside(out, "tmp");
        let packed = Packing::of(out)?.pack(&self.path, &beside).and_then(|()| fs::rename(&beside, out));
        if packed.is_err() {
            // The rows are in the part still, and the first error says what is wrong.
            let _ = fs::remove_file(&beside);
        }
        packed.map_err(failed)?;
        let dir = out.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if cfg!(unix) {
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)?;
        }
        self.discard()
    }
}

/// How much of a part can be relied on.
struct Found {
    len: u64,
    rows: u64,
    last: Option<Row>,
}

impl Found {
    fn read(path: &Path, request: &Request) -> Result<Self, DownloadError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        let mut found = Self { len: 0, rows: 0, last: None };
        let mut lines = match File::open(path) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(failed(error).into()),
        };
        let mut line = Vec::new();
        let mut next = |line: &mut Vec<u8>| -> Result<Option<(u64, String)>, FileError> {
            line.clear();
            let len = lines.read_until(b'\n', line).map_err(failed)? as u64;
            let whole = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            Ok(whole.map(|line| (len, line.to_owned())))
        };
        let wanted = title(request);
        match next(&mut line)? {
            Some((len, found_title)) if found_title == wanted => found.len = len,
            // Killed before the first line was whole.
            None if wanted.as_bytes().starts_with(&line) => return Ok(found),
            other => {
                let of = other.map_or_else(|| "something else".to_owned(), |(_, title)| title.chars().take(120).collect());
                return Err(DownloadError::OtherPart { path: path.to_owned(), found: of, wanted });
            }
        }
        match next(&mut line)? {
            Some((len, header)) if header == request.series.header() => found.len += len,
            _ => return Ok(Self { len: 0, ..found }),
        }
        while let Some((len, text)) = next(&mut line)? {
            let Some(row) = Row::parse(&text, request.series) else { break };
            if found.last.is_some_and(|last| row.key() <= last.key()) {
                break;
            }
            found = Self { len: found.len + len, rows: found.rows + 1, last: Some(row) };
        }
        Ok(found)
    }
}

/// What a part is of: what is left of another download must not be mixed with it. Its end may change.
fn title(request: &Request) -> String {
    let venue = match request.venue {
        Venue::Okx => "okx",
        Venue::Binance => "binance",
    };
    let series = match request.series {
        Series::Candles(interval) => interval.to_string(),
        Series::Trades => "trades".to_owned(),
    };
    format!("# {venue} {} {series} from {}", request.instrument, request.from)
}

fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}

#[derive(Clone, Copy)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    fn of(out: &Path) -> Result<Self, DownloadError> {
        let name = out.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let endings = [(".csv", Self::Plain), (".csv.gz", Self::Gzip), (".csv.zst", Self::Zstd)];
        let packing = endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, packing)| packing);
        packing.ok_or_else(|| {
            let shown = out.display();
            DownloadError::Request { reason: format!("{shown} does not say what to write: expected .csv, .csv.gz or .csv.zst") }
        })
    }

    /// Copies all but the first line.
    fn pack(self, from: &Path, to: &Path) -> io::Result<()> {
        let mut rows = BufReader::new(File::open(from)?);
        rows.skip_until(b'\n')?;
        let file = BufWriter::new(File::create(to)?);
        let file = match self {
            Self::Plain => copy(&mut rows, file)?,
            Self::Gzip => copy(&mut rows, GzEncoder::new(file, Compression::default()))?.finish()?,
            Self::Zstd => copy(&mut rows, zstd::stream::write::Encoder::new(file, ZSTD_LEVEL)?)?.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn copy<W: Write>(rows: &mut BufReader<File>, mut to: W) -> io::Result<W> {
    io::copy(rows, &mut to)?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use engine::time::Timestamp;

    use super::*;

    fn request(dir: &Path) -> Request {
        let (from, to) = (Timestamp(0), Timestamp(1_000_000_000));
        let (instrument, out) = ("BTC-USDT".to_owned(), dir.join("F.csv"));
        Request { venue: Venue::Okx, host: None, instrument, series: Series::Trades, from, to, out }
    }

    #[test]
    fn what_is_behind_the_last_good_row_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let request = request(dir.path());
        let path = dir.path().join("F.csv.part");
        let head = format!("{}\nts_ms,price,size,side,trade_id\n", title(&request));
        let good = format!("{head}5,1.5,2,buy,7\n5,1.5,2,sell,8\n6,1.25,2,buy,9\n");
        let row = "9,1,2,buy,12\n";
        for bad in [
            String::new(),
            "9,1,2,buy,1".to_owned(),
            format!("9,1,2,neither,10\n{row}"),
            // Before the row above, or the same again.
            format!("6,1,2,buy,8\n{row}"),
            format!("6,1.25,2,buy,9\n{row}"),
            // What a power cut leaves where a file was growing.
            format!("\0\0\0\0\0\0\n{row}"),
        ] {
            fs::write(&path, format!("{good}{bad}")).unwrap();
            let (mut part, found) = Part::open(&request).unwrap();
            assert_eq!((found.rows, found.last.map(|row| row.key())), (3, Some((6, 9))), "{bad:?}");
            part.append(&[Row::parse("7,1,2,buy,10", Series::Trades).unwrap()]).unwrap();
            assert_eq!((part.rows(), fs::read_to_string(&path).unwrap()), (4, format!("{good}7,1,2,buy,10\n")), "{bad:?}");
        }
        // Killed while its first lines were written.
        for cut in (0..head.len()).step_by(5) {
            fs::write(&path, &head[..cut]).unwrap();
            let (part, found) = Part::open(&request).unwrap();
            assert_eq!((found.rows, fs::read_to_string(&path).unwrap()), (0, head.clone()), "cut at {cut}");
            drop(part);
        }
    }

    #[test]
    fn what_is_no_part_of_this_download_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let request = request(dir.path());
        let path = dir.path().join("F.csv.part");
        for text in
            ["ts_ms,price,size,side,trade_id\n1,2,3,buy,4\n", "# okx ETH-USDT trades from 1970-01-01T00:00:00Z\n", "\u{1}"]
        {
            fs::write(&path, text).unwrap();
            assert!(matches!(Part::open(&request), Err(DownloadError::OtherPart { .. })), "{text:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&request.out, "").unwrap();
        assert!(matches!(Part::open(&request), Err(DownloadError::Exists { .. })));
    }
}
