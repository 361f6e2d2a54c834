//! Past states and histories.

use crate::{
    domain::{Account, AccountCommand, AccountEvent, deposit, open},
    engines::on_every_engine,
};
use annals::{Existence, prelude::*, repository::TimeTravelError};
use jiff::SignedDuration;
use std::convert::Infallible;

/// As many deposits of 1 at once.
#[derive(Clone)]
struct DepositOften(usize);

impl Command for DepositOften {
    type Aggregate = Account;
    type Error = Infallible;

    fn existence(&self) -> Existence {
        Existence::Existing
    }

    fn decide(self, _: &Account, _: &Context) -> Result<Vec<AccountEvent>, Infallible> {
        Ok(vec![AccountEvent::Deposited { amount: 1 }; self.0])
    }
}

/// An account of version 6 whose n-th version has the balance n - 1.
async fn account_of_six(store: &Store) {
    let accounts = store.repository::<Account>();
    accounts.execute("1", open("ann")).await.unwrap();
    for _ in 0..5 {
        accounts.execute("1", deposit(1)).await.unwrap();
    }
}

fn versions(events: &[annals::Recorded<AccountEvent>]) -> Vec<u64> {
    events.iter().map(|event| event.metadata.version.number()).collect()
}

on_every_engine! {
    async fn history_gives_the_state_after_each_event(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let page = accounts.history("1").states().await.unwrap();
        assert_eq!((page.steps.len(), page.next), (6, None));
        for step in &page.steps {
            assert_eq!(step.state, accounts.at("1", step.event.metadata.version).await.unwrap().state);
        }
        let balances = |page: &annals::repository::StatesPage<Account, AccountEvent>| {
            page.steps.iter().map(|step| (step.event.metadata.version.number(), step.state.balance)).collect::<Vec<_>>()
        };
        let middle = accounts.history("1").from(Version::new(3)).limit(2).states().await.unwrap();
        assert_eq!((balances(&middle), middle.next), (vec![(3, 2), (4, 3)], Some(Version::new(5))));
        let newest = accounts.history("1").newest_first().limit(2).states().await.unwrap();
        assert_eq!((balances(&newest), newest.next), (vec![(6, 5), (5, 4)], Some(Version::new(4))));
        let nothing = accounts.history("nobody").states().await.unwrap();
        assert_eq!((nothing.steps.len(), nothing.next), (0, None));
    }

    async fn two_versions_differ_field_by_field(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let difference = |from, to| accounts.difference("1", Version::new(from), Version::new(to));
        let told = difference(0, 3).await.unwrap().to_string();
        assert_eq!(told, "balance: 0 → 2\nopen: false → true\nowner: \"\" → \"ann\"\n");
        assert_eq!(difference(6, 2).await.unwrap().to_string(), "balance: 5 → 1\n");
        assert_eq!(difference(4, 4).await.unwrap().changes, []);
        let error = difference(2, 7).await.unwrap_err();
        assert_eq!(error.to_string(), "stream `account-1` is at version 6, and version 7 was asked for");
    }

    async fn a_branch_goes_its_own_way_and_is_never_written(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let before = store.head().await.unwrap();
        let branch = accounts.branch("1", Version::new(3)).await.unwrap();
        assert_eq!((branch.state().balance, branch.version(), branch.events().len()), (2, Version::new(3), 0));
        let branch = branch.apply([AccountEvent::Deposited { amount: 40 }]).execute(deposit(500)).unwrap();
        assert_eq!((branch.state().balance, branch.version(), branch.base()), (542, Version::new(5), Version::new(3)));
        assert_eq!(versions(branch.events()), [4, 5]);
        assert_eq!(branch.events()[0].metadata.stream, accounts.stream("1"));

        // The command's rules hold on a branch too.
        let refused = branch.execute(AccountCommand::Withdraw { amount: 543 }).unwrap_err();
        assert_eq!(refused.to_string(), "543 is more than the balance, 542");
        let fresh = accounts.branch("nobody", Version::NONE).await.unwrap().execute(deposit(1)).unwrap_err();
        assert_eq!(fresh.to_string(), "there is no `account` with the id `nobody`");
        let error = accounts.branch("1", Version::new(7)).await.unwrap_err();
        assert_eq!(error.to_string(), "stream `account-1` is at version 6, and version 7 was asked for");

        assert_eq!(store.head().await.unwrap(), before);
        assert_eq!(accounts.load("1").await.unwrap().state.balance, 5);
    }

    async fn a_past_state_is_rebuilt_at_any_version(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        for version in 1..=6 {
            let account = accounts.at("1", Version::new(version)).await.unwrap();
            assert_eq!(account.version, Version::new(version));
            assert_eq!(account.state.balance, i64::try_from(version).unwrap() - 1);
        }
        assert!(!accounts.at("1", Version::NONE).await.unwrap().exists());
    }

    async fn a_version_that_was_never_reached_is_an_error_that_says_how_far_the_stream_is(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let error = accounts.at("1", Version::new(7)).await.unwrap_err();
        assert_eq!(error.to_string(), "stream `account-1` is at version 6, and version 7 was asked for");
        let error = accounts.at("nobody", Version::new(1)).await.unwrap_err();
        assert!(matches!(error, TimeTravelError::NoSuchVersion { actual: Version::NONE, .. }), "{error}");
    }

    async fn a_past_state_is_rebuilt_as_of_any_time(store) {
        let accounts = store.repository::<Account>();
        let mut recorded = vec![accounts.execute("1", open("ann")).await.unwrap()];
        for _ in 0..3 {
            // The journal's clock counts milliseconds; this makes each event's its own.
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            recorded.push(accounts.execute("1", deposit(1)).await.unwrap());
        }
        for outcome in &recorded {
            let then = outcome.events[0].metadata.recorded_at;
            assert_eq!(accounts.as_of("1", then).await.unwrap().version, outcome.version);
            let just_before = then.checked_sub(SignedDuration::from_millis(1)).unwrap();
            assert_eq!(accounts.as_of("1", just_before).await.unwrap().version.next(), outcome.version);
        }
        assert!(!accounts.as_of("1", Timestamp::UNIX_EPOCH).await.unwrap().exists());
        assert_eq!(accounts.as_of("1", Timestamp::MAX).await.unwrap().version, Version::new(4));
    }

    async fn a_history_is_read_oldest_first_page_by_page(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let mut pages = Vec::new();
        let mut from = Some(Version::new(1));
        while let Some(version) = from {
            let page = accounts.history("1").from(version).limit(4).await.unwrap();
            from = page.next;
            pages.push(versions(&page.events));
        }
        assert_eq!(pages, [vec![1, 2, 3, 4], vec![5, 6]]);
        assert_eq!(versions(&accounts.history("1").await.unwrap().events), [1, 2, 3, 4, 5, 6]);
    }

    async fn a_history_is_read_newest_first_page_by_page(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let mut pages = Vec::new();
        let mut page = accounts.history("1").newest_first().limit(4).await.unwrap();
        loop {
            pages.push(versions(&page.events));
            let Some(next) = page.next else { break };
            page = accounts.history("1").newest_first().from(next).limit(4).await.unwrap();
        }
        assert_eq!(pages, [vec![6, 5, 4, 3], vec![2, 1]]);
    }

    async fn a_history_beyond_either_end_is_empty(store) {
        account_of_six(store).await;
        let accounts = store.repository::<Account>();
        let beyond = accounts.history("1").from(Version::new(7)).await.unwrap();
        assert_eq!((beyond.events.len(), beyond.next), (0, None));
        let nobody = accounts.history("nobody").newest_first().await.unwrap();
        assert_eq!((nobody.events.len(), nobody.next), (0, None));
        let from_beyond = accounts.history("1").newest_first().from(Version::new(99)).limit(1).await.unwrap();
        assert_eq!(versions(&from_beyond.events), [6]);
    }

    async fn long_streams_are_loaded_whole(store) {
        let accounts = store.repository::<Account>();
        accounts.execute("1", open("ann")).await.unwrap();
        for _ in 0..3 {
            accounts.execute("1", DepositOften(700)).await.unwrap();
        }
        let account = accounts.load("1").await.unwrap();
        assert_eq!((account.state.balance, account.version), (2_100, Version::new(2_101)));
        assert_eq!(accounts.at("1", Version::new(2_000)).await.unwrap().state.balance, 1_999);
    }
}
