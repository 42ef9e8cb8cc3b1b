//! Files in one zip archive.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive that is being written beside its target: a file with its name is always whole.
pub struct Zipped {
    target: PathBuf,
    beside: PathBuf,
    zip: Option<ZipWriter<File>>,
}

impl Zipped {
    /// An archive without files, to be called `target` when it is finished.
    pub fn create(target: &Path) -> io::Result<Self> {
        let mut beside = target.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let zip = ZipWriter::new(File::create(&beside)?);
        Ok(Self { target: target.to_owned(), beside, zip: Some(zip) })
    }

    /// Begins the next file: what is written goes into it. Every file is dated alike, so that the same files make the same
    /// archive.
    pub fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().large_file(true).last_modified_time(zip::DateTime::default());
        self.zip()?.start_file(name, options).map_err(io::Error::other)
    }

    /// Adds a whole file.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.begin(name)?;
        self.write_all(bytes)
    }

    /// Adds what a file on the disk holds.
    pub fn copy(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        self.begin(name)?;
        io::copy(&mut file, self).map(drop)
    }

    /// Finishes it, and gives it its name.
    pub fn finish(mut self) -> io::Result<()> {
        let zip = self.zip.take().ok_or(io::ErrorKind::BrokenPipe)?;
        zip.finish().map_err(io::Error::other)?.sync_all()?;
        std::fs::rename(&self.beside, &self.target)
    }

    fn zip(&mut self) -> io::Result<&mut ZipWriter<File>> {
        self.zip.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Zipped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.zip()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip()?.flush()
    }
}

impl Drop for Zipped {
    fn drop(&mut self) {
        // After a rename it is gone already; what was not finished is of no use.
        let _ = std::fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_put_in_comes_out_and_what_is_not_finished_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (target, file) = (dir.path().join("a.zip"), dir.path().join("file"));
        std::fs::write(&file, vec![7; 70_000]).unwrap();
        let mut zipped = Zipped::create(&target).unwrap();
        zipped.add("one/a.txt", b"first").unwrap();
        zipped.copy("two.bin", &file).unwrap();
        assert!(!target.exists());
        zipped.finish().unwrap();
        let mut zip = zip::ZipArchive::new(File::open(&target).unwrap()).unwrap();
        let mut text = String::new();
        zip.by_name("one/a.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), zip.by_name("two.bin").unwrap().size()), ("first", 70_000));
        let other = dir.path().join("b.zip");
        Zipped::create(&other).unwrap().add("a", b"a").unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left of what was not finished");
    }
}
