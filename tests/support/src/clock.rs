//! A wall clock that a test can set while a server runs by it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The clock of one server: libfaketime between the server and the system, with its offset in a file.
#[derive(Debug)]
pub(crate) struct Clock {
    library: PathBuf,
    offset: PathBuf,
}

impl Clock {
    /// A clock that goes right until it is set. Its file lies in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let clock = Self { library: library(), offset: folder.join("clock") };
        clock.set(0);
        clock
    }

    /// From now on the clock is so many seconds ahead of the right time, or behind it.
    pub(crate) fn set(&self, seconds: i64) {
        // The server reads the file whenever it looks at the clock, so it must never see a half of it.
        let new = self.offset.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n")).expect("a file can be written in a temporary folder");
        fs::rename(new, &self.offset).expect("a file can be renamed in a temporary folder");
    }

    /// Lets a server run by this clock. What goes by the monotonic clock goes on as ever.
    pub(crate) fn govern(&self, server: &mut Command) {
        // Without libc before it, jemalloc looks at the clock before libfaketime is ready, and that does not end.
        server
            .env("LD_PRELOAD", format!("{}:libc.so.6", self.library.display()))
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    }
}

/// The library, in the variant for programs with threads: where Debian puts it for this machine's architecture.
fn library() -> PathBuf {
    const NAME: &str = "faketime/libfaketimeMT.so.1";
    let of_architectures = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].into_iter().flat_map(|folder| {
        let folders = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        std::iter::once(PathBuf::from(folder)).chain(folders)
    });
    of_architectures.map(|folder| folder.join(NAME)).find(|library| library.exists()).unwrap_or_else(|| {
        panic!("this test needs libfaketime, and there is none; run `tests/run`, or `apt-get install faketime`")
    })
}
