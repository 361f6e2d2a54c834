//! The append-only file of a stopped server, and hurting it as a crash of the machine would.

use crate::{RedisServer, server::PATIENCE};
use std::{
    fs::{self, File},
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

impl RedisServer {
    /// Cuts so many bytes off the end of the append-only file, as if they had never reached the disk. Answers how long the
    /// file was before.
    ///
    /// # Panics
    ///
    /// When the server runs, or keeps no append-only file, or it is shorter than that.
    #[expect(clippy::must_use_candidate, reason = "cutting is what it is called for")]
    pub fn cut_append_only_file(&self, bytes: u64) -> u64 {
        assert!(self.process.is_none(), "the server runs, and would write on");
        let path = self.newest_increment();
        let file = File::options().write(true).open(&path).expect("the append-only file can be opened");
        let length = file.metadata().expect("an open file has a length").len();
        let left = length.checked_sub(bytes).unwrap_or_else(|| panic!("{} has {length} bytes only", path.display()));
        file.set_len(left).expect("an open file can be cut");
        length
    }

    /// Lets the server write its append-only file anew, from what it holds in memory, and waits until it has done so.
    ///
    /// # Panics
    ///
    /// When that does not succeed.
    pub fn rewrite_append_only_file(&self) {
        self.command(&["BGREWRITEAOF"]);
        let field = |name| self.info("persistence", name).unwrap_or_default();
        let begun = Instant::now();
        while field("aof_rewrite_in_progress") != "0" || field("aof_rewrite_scheduled") != "0" {
            assert!(begun.elapsed() < PATIENCE, "the append-only file is not written anew:\n{}", self.log());
            sleep(Duration::from_millis(5));
        }
        assert_eq!(field("aof_last_bgrewrite_status"), "ok", "{}", self.log());
    }

    /// Of the files that the append-only file consists of, the one that is written to.
    fn newest_increment(&self) -> PathBuf {
        let folder = self.folder.path().join("appendonlydir");
        let files = fs::read_dir(&folder).expect("the server keeps an append-only file").flatten();
        let number = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?;
            name.strip_suffix(".incr.aof")?.rsplit('.').next()?.parse::<u64>().ok()
        };
        let increments = files.map(|file| file.path()).filter(|path| number(path).is_some());
        increments.max_by_key(number).expect("the append-only file has an increment")
    }
}

#[cfg(test)]
mod tests {
    use crate::RedisServer;

    #[test]
    fn what_is_cut_off_the_append_only_file_is_gone_and_the_rest_is_there() {
        let mut server = RedisServer::builder().durable().start();
        server.command(&["SET", "one", "1"]);
        server.command(&["SET", "two", "2"]);
        server.kill9();
        let length = server.cut_append_only_file(3);
        assert!(length > 3);
        server.start_again();
        assert_eq!((server.command(&["GET", "one"]).as_str(), server.command(&["EXISTS", "two"]).as_str()), ("1", "0"));

        server.rewrite_append_only_file();
        server.kill9();
        // What was there is in another file now.
        assert!(server.cut_append_only_file(0) < length);
        server.start_again();
        assert_eq!(server.command(&["GET", "one"]), "1");
    }
}
