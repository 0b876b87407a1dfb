//! Unpacking `tar` and `tar.gz`: regular files only, nothing outside the package, within bounds.

use std::fs::File;
use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::FetchError;
use super::store::Draft;
use crate::terraform::modules::MAX_BYTES;

/// What unpacking left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Symbolic and hard links, devices and pipes.
    pub(super) links: usize,
}

/// Unpacks an archive, packed by gzip or not, which its first bytes say.
pub(super) fn unpack(reader: impl Read, draft: &mut Draft) -> Result<LeftOut, FetchError> {
    let mut reader = BufReader::with_capacity(64 << 10, reader);
    let head = io::BufRead::fill_buf(&mut reader).map_err(broken)?;
    if head.starts_with(&[0x1f, 0x8b]) {
        untar(MultiGzDecoder::new(reader), draft)
    } else if head.starts_with(b"PK") {
        Err(FetchError::Archive("it is a zip archive; trueup reads tar and tar.gz".into()))
    } else {
        untar(reader, draft)
    }
}

fn untar(reader: impl Read, draft: &mut Draft) -> Result<LeftOut, FetchError> {
    // The tar itself is a little larger than its files.
    let mut archive = Archive::new(reader.take(2 * MAX_BYTES));
    let mut left_out = LeftOut::default();
    let mut files = 0;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        let regular = matches!(kind, EntryType::Regular | EntryType::Continuous);
        draft.count(if regular { entry.size() } else { 0 })?;
        match kind {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            _ => {
                left_out.links += 1;
                continue;
            }
        }
        let path = entry.path_bytes().into_owned();
        let path = String::from_utf8(path)
            .map_err(|_| FetchError::Archive("an entry has a name that is no text".into()))?;
        let target = draft.place(&path)?;
        let mut file = File::create(&target).map_err(FetchError::io(&target))?;
        let size = entry.size();
        let copied = io::copy(&mut entry, &mut file).map_err(broken)?;
        if copied != size {
            return Err(FetchError::Archive(format!("{path:?} ends before it is complete")));
        }
        files += 1;
    }
    // To its end, so that the checksum of gzip is held against it.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    if files == 0 {
        return Err(FetchError::Archive("it holds no files".into()));
    }
    Ok(left_out)
}

fn broken(error: io::Error) -> FetchError {
    FetchError::Archive(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::store::Store;
    use std::io::Write;

    fn tar(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, text) in entries {
            let mut header = tar::Header::new_gnu();
            let name = header.as_old_mut();
            name.name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            if *kind == EntryType::Symlink {
                header.set_link_name(text).unwrap();
                header.set_size(0);
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
                continue;
            }
            header.set_size(text.len() as u64);
            header.set_cksum();
            builder.append(&header, text.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The files that came out, or the error.
    fn unpacked(name: &str, bytes: &[u8]) -> Result<(Vec<String>, usize), String> {
        let dir = std::env::temp_dir().join(format!("trueup-archive-{name}-{}", std::process::id()));
        let dir = camino::Utf8PathBuf::from_path_buf(dir).unwrap();
        let store = Store::open(&dir).unwrap();
        let mut draft = store.draft().unwrap();
        let result = unpack(bytes, &mut draft).map_err(|e| e.to_string());
        let mut names: Vec<String> = std::fs::read_dir(draft.dir())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        drop(draft);
        let outside = std::fs::read_dir(&dir).unwrap().count();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(outside, 0, "nothing is left outside the package");
        result.map(|left_out| (names, left_out.links))
    }

    #[test]
    fn regular_files_only() {
        use EntryType::{Directory, Regular, Symlink};
        let good = tar(&[
            ("./top/", Directory, ""),
            ("./top/main.tf", Regular, "# a"),
            ("./link", Symlink, "/etc/passwd"),
            ("README.md", Regular, "# b"),
        ]);
        let want = Ok((vec!["README.md".to_owned(), "top".to_owned()], 1));
        assert_eq!(unpacked("good", &good), want);
        assert_eq!(unpacked("packed", &gz(&good)), want);
    }

    #[test]
    fn hostile_and_broken_archives() {
        use EntryType::{Regular, Symlink};
        let traversal = tar(&[("../../evil.tf", Regular, "x")]);
        let inner = tar(&[("a/../../evil.tf", Regular, "x")]);
        let absolute = tar(&[("/tmp/evil.tf", Regular, "x")]);
        let through = tar(&[("d", Symlink, "/tmp"), ("d/evil.tf", Regular, "x")]);
        let good = gz(&tar(&[("main.tf", Regular, &"# text\n".repeat(4000))]));
        for (name, bytes, want) in [
            ("traversal", traversal.as_slice(), "leads out of it"),
            ("inner", &inner, "leads out of it"),
            ("absolute", &absolute, "leads out of it"),
            ("truncated", &good[..good.len() - 9], ""),
            ("half", &good[..good.len() / 2], ""),
            ("empty", &[], "no files"),
            ("zip", b"PK\x03\x04", "zip"),
            ("noise", &[7; 2000], ""),
        ] {
            let error = unpacked(name, bytes).unwrap_err();
            assert!(error.contains("archive cannot be used") && error.contains(want), "{name}: {error}");
        }
        // The link is not made, so what follows lands in a folder of the package.
        assert_eq!(unpacked("through", &through), Ok((vec!["d".to_owned()], 1)));
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let mut header = tar::Header::new_gnu();
        header.set_path("big").unwrap();
        header.set_size(MAX_BYTES + 1);
        header.set_cksum();
        let error = unpacked("bomb", header.as_bytes()).unwrap_err();
        assert!(error.contains("MiB"), "{error}");
    }
}
