//! The example, run as a reader would; and `SQLite` as a database that keeps its promises.

use super::{
    entry::{Account, Book, Entry},
    keep_books,
    sqlite::Accounts,
};
use annals::{Store, projector::RowStore, testing::row_store};
use annals_test_support::RedisServer;
use std::path::Path;

async fn run(store: &Store, path: &Path) -> String {
    let mut out = Vec::new();
    keep_books(store, path, &mut out).await.expect("the books are kept");
    String::from_utf8(out).expect("it is text")
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_a_row_store() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let accounts = Accounts::open(&folder.path().join("accounts.sqlite")).expect("it opens");
    let row = |name: &str, number| Account { name: name.to_owned(), cents: -i64::from(number), entries: 1 };
    row_store(&accounts, row).await;
}

#[tokio::test]
async fn two_programs_with_one_file_keep_the_promises_too() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let path = folder.path().join("accounts.sqlite");
    let store = Store::memory();
    for number in 1..=200 {
        let book = Book { debit: format!("a{}", number % 7), credit: format!("a{}", number % 5), cents: number };
        store
            .repository::<Entry>()
            .execute(u64::try_from(number).expect("it is positive"), book)
            .await
            .expect("it is booked");
    }
    let catch_up = || {
        let accounts = store.projection_in(Accounts::open(&path).expect("it opens"));
        tokio::spawn(async move { accounts.catch_up().await })
    };
    let (one, other) = (catch_up(), catch_up());
    let (one, other) = (one.await.expect("it ends"), other.await.expect("it ends"));
    // Who meets a lock is told; the other one goes on, and so does whoever comes next.
    let met = |error: &annals::projector::ProjectError| error.to_string().contains("locked");
    assert!(one.as_ref().err().is_none_or(met) && other.as_ref().err().is_none_or(met), "{one:?} {other:?}");
    catch_up().await.expect("it ends").expect("nobody else is there");
    let rows = Accounts::open(&path).expect("it opens").richest(100).await.expect("it reads");
    assert_eq!(rows.iter().map(|row| row.cents).sum::<i64>(), 0, "what one account has more, another has less");
    let of_two = (1..=200).filter(|number| number % 7 != number % 5).count();
    assert_eq!(rows.iter().map(|row| row.entries).sum::<i64>(), i64::try_from(200 + of_two).expect("it is small"));
}

#[tokio::test]
async fn the_accounts_follow_and_a_second_run_on_redis_takes_nothing_in_twice() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let path = folder.path().join("accounts.sqlite");
    let server = RedisServer::start();
    let store = Store::connect(&server.url()).await.expect("the server is there");
    let first = run(&store, &path).await;
    assert!(first.contains("cash         6000    4"), "{first}");
    assert!(first.contains("4 events came to the accounts in this run"), "{first}");
    let second = run(&store, &path).await;
    assert!(second.contains("entry 1 is there already"), "{second}");
    assert!(second.contains("cash         6000    4"), "{second}");
    assert!(second.contains("0 events came to the accounts in this run"), "{second}");
    let standing = Accounts::open(&path).expect("it opens").standing().await.expect("it reads");
    assert_eq!(standing.checkpoints.len(), 1);
}
