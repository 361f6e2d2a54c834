//! The users of `annals.acl`, who may do what a journal needs and no more.

use std::{env, ffi::OsStr, process::Command};

/// The file as it is shipped: a user on each line, without a password.
const SHIPPED: &str = include_str!("../../../runtime/src/journal/redis/annals.acl");

/// The password of both users in tests.
pub(crate) const PASSWORD: &str = "least";

/// Whether journals are to connect as such a user: `ANNALS_TEST_ACL` says so.
pub(crate) fn are_wanted() -> bool {
    env::var_os("ANNALS_TEST_ACL").is_some_and(|value| !value.is_empty() && value != "0")
}

/// The users of `annals.acl` for the keys of a namespace, or with `*` for those of any, with the password `least`; before
/// them the default user, who may do everything.
///
/// ```
/// let users = annals_test_support::users("shop", &["+waitaof"]);
/// assert!(users.lines().nth(1).unwrap().starts_with("user annals on >least resetchannels ~shop:meta ~shop:types "));
/// assert!(users.contains(" +waitaof\n"));
/// ```
#[must_use]
pub fn users(namespace: &str, more: &[&str]) -> String {
    let mut file = "user default on nopass ~* &* +@all\n".to_owned();
    for line in SHIPPED.lines() {
        let words = line.split(' ').map(|word| match word {
            "on" => format!("on >{PASSWORD}"),
            keys if keys.starts_with('~') => keys.replace("annals", namespace),
            word => word.to_owned(),
        });
        file.push_str(&words.collect::<Vec<_>>().join(" "));
        if line.starts_with("user annals ") {
            for right in more {
                file.extend([" ", right]);
            }
        }
        file.push('\n');
    }
    file
}

/// What a user of `annals.acl` may run, as the file says it: `get`, `config|get`, ….
///
/// # Panics
///
/// When there is no such user.
///
/// ```
/// assert!(annals_test_support::rights_of("annals").contains(&"config|get"));
/// ```
#[must_use]
pub fn rights_of(user: &str) -> Vec<&'static str> {
    let begin = format!("user {user} ");
    let line = SHIPPED.lines().find_map(|line| line.strip_prefix(&begin)).expect("the file has this user");
    line.split(' ').filter_map(|word| word.strip_prefix('+')).collect()
}

/// What the users of this server are to have beside what the file says: it must not name what a server does not know.
pub(crate) fn more_on(program: &OsStr) -> &'static [&'static str] {
    let said = Command::new(program).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let version = said.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or_default();
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    if (numbers.next(), numbers.next()) >= (Some(7), Some(2)) { &["+waitaof"] } else { &[] }
}

/// Whether these arguments of a server are about its users, or take commands away that the file names.
pub(crate) fn are_settled_by(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| ["--aclfile", "--requirepass", "--rename-command"].contains(&argument.as_str()))
}
