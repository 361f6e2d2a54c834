//! Type and const parameters, with bounds, defaults and where-clauses.

use annals::{Aggregate, Command, Event, Projection};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::marker::PhantomData;

pub(super) trait Value:
    Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static
{
}
impl<T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static> Value for T {}

#[derive(Event, Serialize, Deserialize, Clone)]
#[serde(bound = "")]
pub(super) enum ShelfEvent<T = u8, const ROWS: usize = 2>
where
    T: Value,
{
    Placed { item: T, row: usize },
    Cleared(Cleared<T>),
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(bound = "")]
pub(super) struct Cleared<T: Value> {
    last: Vec<T>,
}

#[derive(Aggregate, Serialize, Deserialize)]
#[serde(bound = "")]
#[aggregate(event = ShelfEvent<T, ROWS>, name = "shelf", snapshot(every = 2))]
#[on(Cleared(cleared) => self.items.clone_from(&cleared.last))]
pub(super) struct Shelf<T: Value, M = (), const ROWS: usize = 2>
where
    M: Send + Sync + 'static,
{
    #[on(Placed { item, .. } => .push(item.clone()))]
    items: Vec<T>,
    #[on(Placed { row, .. } => *row % ROWS)]
    row: usize,
    mark: PhantomData<M>,
}

impl<T: Value, M: Send + Sync + 'static, const ROWS: usize> Default for Shelf<T, M, ROWS> {
    fn default() -> Self {
        Self { items: Vec::new(), row: 0, mark: PhantomData }
    }
}

#[derive(Command, Clone)]
#[command(shelf: Shelf<T, M, { ROWS }>, error = std::fmt::Error)]
pub(super) enum ShelfCommand<T: Value, M, L = String, const ROWS: usize = 2, const WIDTH: usize = 9>
where
    L: Into<String> + Clone + Send + Sync + 'static,
    M: Clone + Send + Sync + 'static,
{
    #[require(row < ROWS, std::fmt::Error)]
    #[skip_if(shelf.items.len() >= WIDTH || shelf.items.contains(&item))]
    #[emit(Placed { item, row })]
    Place {
        item: T,
        row: usize,
        #[command(id)]
        id: String,
    },
    #[emit(Cleared(Cleared { last: Vec::from([last]) }) if label.into().is_empty())]
    Clear {
        label: L,
        last: T,
        #[command(id)]
        id: String,
    },
    #[handler(Self::restore)]
    Restore {
        mark: PhantomData<M>,
        #[command(id)]
        id: String,
    },
}

impl<T: Value, M, L, const ROWS: usize, const WIDTH: usize> ShelfCommand<T, M, L, ROWS, WIDTH>
where
    L: Into<String> + Clone + Send + Sync + 'static,
    M: Clone + Send + Sync + 'static,
{
    fn restore(shelf: &Shelf<T, M, ROWS>, _: PhantomData<M>, _: String) -> Option<ShelfEvent<T, ROWS>> {
        shelf.items.first().map(|item| ShelfEvent::Placed { item: item.clone(), row: WIDTH })
    }
}

#[derive(Projection, Serialize, Deserialize, Default)]
#[serde(bound = "")]
#[projection(name = "shelves", events(ShelfEvent<T, ROWS>))]
pub(super) struct ShelfRow<T: Value, const ROWS: usize> {
    #[key]
    id: String,
    #[index(range)]
    #[index(range, per = label)]
    best: Option<T>,
    #[index]
    label: Label<T, ROWS>,
    #[on(ShelfEvent::Placed { item, .. } => .push(item.clone()))]
    #[on(Cleared(_) => Vec::new())]
    items: Vec<T>,
}

#[derive(annals::Indexed, Serialize, Deserialize, Clone, Default)]
#[serde(bound = "")]
pub(super) struct Label<T: Value, const ROWS: usize>(T)
where
    T: Clone;

#[test]
fn parameters_reach_the_generated_code() {
    type Command = ShelfCommand<char, (), &'static str, 3, 2>;
    let id = || "1".to_owned();
    let place = |item, row| Command::Place { item, row, id: id() };
    let clear = Command::Clear { label: "", last: 'z', id: id() };
    let restore = Command::Restore { mark: PhantomData, id: id() };
    let (shelf, row, names) =
        super::run::<_, ShelfRow<char, 3>>([place('a', 2), place('b', 1), place('c', 0), clear, restore]);
    assert_eq!((shelf.items, shelf.row), (vec!['z', 'z'], 2));
    assert_eq!((&*row.id, row.items), ("1", vec!['z']));
    assert_eq!(names, ["ShelfPlaced", "ShelfPlaced", "ShelfCleared", "ShelfPlaced"]);
    assert_eq!(annals::Targeted::target(&place('a', 1)), "1");
    let found = [
        ShelfRow::<char, 3>::by_best('a'..),
        ShelfRow::by_label(Label('b')),
        ShelfRow::by_label_and_best(Label('b'), ..'c'),
    ];
    assert_eq!(found.map(|query| query.index()), ["best", "label", "label.best"]);
}
