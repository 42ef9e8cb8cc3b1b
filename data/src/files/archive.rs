//! Unpacking: a path's bytes, whether plain, gzip, zstd or a zip with one file in it.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::FileError;

/// Where a source's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// In a file.
    File(PathBuf),
    /// In the program: the sample. The name is what a file would be called.
    Embedded(&'static str, &'static [u8]),
}

/// How the text inside is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Parquet,
    Feather,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
    Zip,
}

const ENDINGS: &str = ".csv, .csv.gz, .csv.zst, .zip, .json, .json.gz, .json.zst, .parquet, .feather, .arrow or .ipc";

impl Origin {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Embedded(name, _) => Path::new(name),
        }
    }

    /// What the file's ending says, and the file when it can be opened.
    pub(super) fn format(&self) -> Result<Format, FileError> {
        let name = self.path().file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let (inner, packing) = split_packing(&name);
        match (inner.rsplit_once('.').map_or("", |(_, ending)| ending), packing) {
            ("json", _) => Ok(Format::Json),
            ("csv", _) | (_, Packing::Zip) => Ok(Format::Csv),
            ("parquet" | "pq", Packing::Plain) => Ok(Format::Parquet),
            ("feather" | "arrow" | "ipc", Packing::Plain) => Ok(Format::Feather),
            _ => Err(self.format_error(format!("its ending is not known: expected {ENDINGS}"))),
        }
    }

    pub(super) fn format_error(&self, reason: impl Into<String>) -> FileError {
        FileError::Format { path: self.path().to_owned(), reason: reason.into() }
    }

    pub(super) fn io_error(&self, source: io::Error) -> FileError {
        FileError::Io { path: self.path().to_owned(), source }
    }

    /// The unpacked bytes, as a stream.
    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>, FileError> {
        let packing = split_packing(&self.path().to_string_lossy().to_ascii_lowercase()).1;
        match self {
            Self::File(path) => self.unpack(packing, open_file(path)?),
            Self::Embedded(_, bytes) => self.unpack(packing, Cursor::new(*bytes)),
        }
    }

    fn unpack(&self, packing: Packing, bytes: impl Read + Seek + Send + 'static) -> Result<Box<dyn Read + Send>, FileError> {
        Ok(match packing {
            Packing::Plain => Box::new(bytes),
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(bytes))),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(bytes).map_err(|error| self.io_error(error))?),
            Packing::Zip => self.unzip(bytes)?,
        })
    }

    fn unzip(&self, bytes: impl Read + Seek + Send + 'static) -> Result<Box<dyn Read + Send>, FileError> {
        let damaged =
            |error| self.format_error(format!("the zip archive is cut short or damaged ({error}): fetch the file again"));
        let mut archive = zip::ZipArchive::new(BufReader::new(bytes)).map_err(damaged)?;
        if archive.len() != 1 {
            let count = archive.len();
            return Err(self
                .format_error(format!("the zip archive holds {count} files instead of 1: unpack it and give them one by one")));
        }
        let entry = archive.by_index(0).map_err(damaged)?;
        let (method, packed, size, crc) = (entry.compression(), entry.compressed_size(), entry.size(), entry.crc32());
        let start = entry.data_start();
        drop(entry);
        let start = start.ok_or_else(|| self.format_error("the zip archive does not say where its file begins"))?;
        let mut bytes = archive.into_inner();
        bytes.seek(SeekFrom::Start(start)).map_err(|error| self.io_error(error))?;
        let packed = bytes.take(packed);
        match method {
            zip::CompressionMethod::Stored => Ok(Box::new(Checked::new(packed, size, crc))),
            zip::CompressionMethod::Deflated => {
                Ok(Box::new(Checked::new(flate2::bufread::DeflateDecoder::new(packed), size, crc)))
            }
            other => Err(self.format_error(format!("its zip compression {other} is not known: pack it with deflate"))),
        }
    }
}

/// Opens a file to read; a folder is an error here, not at the first read.
pub(super) fn open_file(path: &Path) -> Result<File, FileError> {
    let io_error = |source| FileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io_error)?;
    if file.metadata().map_err(io_error)?.is_dir() {
        return Err(FileError::Format { path: path.to_owned(), reason: "it is a folder: give the files in it".to_owned() });
    }
    Ok(file)
}

fn split_packing(name: &str) -> (&str, Packing) {
    for (ending, packing) in [(".gz", Packing::Gzip), (".zst", Packing::Zstd), (".zip", Packing::Zip)] {
        if let Some(inner) = name.strip_suffix(ending) {
            return (inner, packing);
        }
    }
    (name, Packing::Plain)
}

/// A zip entry's content, whose length and checksum are compared when it ends.
struct Checked<R> {
    inner: R,
    left: u64,
    expected: u32,
    hasher: crc32fast::Hasher,
}

impl<R: Read> Checked<R> {
    fn new(inner: R, size: u64, crc: u32) -> Self {
        Self { inner, left: size, expected: crc, hasher: crc32fast::Hasher::new() }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        let damaged = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| damaged("longer than the archive says"))?;
        if count == 0 && !buffer.is_empty() {
            if self.left > 0 {
                return Err(damaged("shorter than the archive says"));
            }
            if self.hasher.clone().finalize() != self.expected {
                return Err(damaged("its checksum is wrong"));
            }
        }
        Ok(count)
    }
}
