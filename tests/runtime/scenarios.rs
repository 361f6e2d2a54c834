//! The testing kit: given these events, when this command, then these events; and what it prints when not.

use crate::domain::{AccountCommand, AccountError, AccountEvent, NoteEvent, Write, deposit, open};
use annals::{Annotations, Context, Existence, prelude::*, testing::given};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn opened() -> AccountEvent {
    AccountEvent::Opened { owner: "ann".to_owned() }
}

/// What a failed expectation prints.
fn failure(expectation: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(expectation)).expect_err("the expectation must fail");
    *panic.downcast::<String>().expect("a panic with a formatted message")
}

#[test]
fn a_decision_is_compared_with_the_events_that_are_expected() {
    given([opened()]).when(deposit(5)).then([AccountEvent::Deposited { amount: 5 }]);
    given([opened()]).when(deposit(0)).then_nothing();
    given([]).when(open("ann")).then([opened()]);
    given([]).when(deposit(5)).then_not_found();
    given([opened()]).when(open("bob")).then_already_exists();
    given([opened(), AccountEvent::Deposited { amount: 5 }])
        .when(AccountCommand::Withdraw { amount: 7 })
        .then_rejected(AccountError::NotEnough { asked: 7, balance: 5 });
}

#[test]
fn the_state_that_a_decision_leads_to_can_be_looked_at() {
    let account = given([opened()]).when(deposit(5)).then([AccountEvent::Deposited { amount: 5 }]).state();
    assert_eq!((account.balance, account.open), (5, true));
    let account = given([opened()]).when(open("bob")).then_already_exists().state();
    assert_eq!(account.owner, "ann");
}

#[test]
fn a_failed_expectation_prints_a_readable_difference() {
    let printed = failure(|| {
        given([opened()]).when(deposit(5)).then([AccountEvent::Deposited { amount: 6 }]);
    });
    assert!(
        printed.contains("AccountCommand` was decided otherwise than expected (- expected, + found):"),
        "{printed}"
    );
    assert!(
        printed.ends_with("  [\n      Deposited {\n-         amount: 6,\n+         amount: 5,\n      },\n  ]\n"),
        "{printed}"
    );

    let printed = failure(|| {
        given([opened()]).when(AccountCommand::Withdraw { amount: 7 }).then_nothing();
    });
    assert!(
        printed.contains("- nothing to do\n+ rejected: NotEnough {\n+     asked: 7,\n+     balance: 0,\n+ }\n"),
        "{printed}"
    );

    let printed = failure(|| {
        given([]).when(deposit(1)).then_rejected(AccountError::Closed);
    });
    assert!(printed.contains("- rejected: Closed\n+ not found: there is no such aggregate\n"), "{printed}");
}

#[test]
fn every_expectation_can_fail() {
    let wrong: [fn(); 5] = [
        || {
            given([opened()]).when(deposit(5)).then([]);
        },
        || {
            given([opened()]).when(deposit(5)).then_nothing();
        },
        || {
            given([opened()]).when(deposit(5)).then_rejected(AccountError::Closed);
        },
        || {
            given([opened()]).when(deposit(5)).then_not_found();
        },
        || {
            given([opened()]).when(deposit(5)).then_already_exists();
        },
    ];
    for expectation in wrong {
        assert!(failure(expectation).contains("was decided otherwise than expected"));
    }
}

#[test]
fn the_decision_sees_the_context_that_is_given() {
    #[derive(Clone)]
    struct Sign;
    impl Command for Sign {
        type Aggregate = crate::domain::Account;
        type Error = AccountError;

        fn existence(&self) -> Existence {
            Existence::Any
        }

        fn decide(self, _: &Self::Aggregate, cx: &Context) -> Result<Vec<AccountEvent>, AccountError> {
            let owner = format!("{} {} {} {:?}", cx.aggregate_id(), cx.version(), cx.now(), cx.actor());
            Ok(vec![AccountEvent::Opened { owner }])
        }
    }
    given([opened()])
        .id("7")
        .now("2026-01-02T03:04:05Z".parse().unwrap())
        .annotations(Annotations::default().with_actor("clerk"))
        .when(Sign)
        .then([AccountEvent::Opened { owner: r#"7 1 2026-01-02T03:04:05Z Some("clerk")"#.to_owned() }]);
}

#[test]
fn typed_ids_need_an_id_that_reads() {
    let write = Write { note_id: crate::domain::NoteId(3), text: "milk".to_owned() };
    given([]).id("n3").when(write).then([NoteEvent::Written { text: "milk".to_owned() }]);
}

/// Events go through the codec: one that does not come back as it was is found here.
#[test]
fn an_event_that_is_not_read_back_as_it_was_written_is_found() {
    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    enum LossyEvent {
        Kept {
            #[serde(skip)]
            lost: u32,
        },
    }
    #[derive(Aggregate, Default)]
    #[aggregate(event = LossyEvent, ignore(Kept))]
    struct Lossy;
    #[derive(Command, Clone)]
    #[command(lossy: Lossy)]
    #[command(any)]
    #[emit(Kept { lost: 7 })]
    struct Keep;

    let printed = failure(|| {
        given([]).when(Keep).then([LossyEvent::Kept { lost: 7 }]);
    });
    assert!(printed.contains("an event is not read back as it was written, `{}`:"), "{printed}");
    assert!(printed.contains("-     lost: 7,\n+     lost: 0,\n"), "{printed}");
}
