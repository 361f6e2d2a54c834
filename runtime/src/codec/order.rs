//! Whether two JSON texts say the same, where what has no order, such as a set, may be written in any.

use serde_json::Value;

/// Whether both say the same: lists that hold the same in another order are the same here.
pub(crate) fn says_the_same(first: &str, second: &str) -> bool {
    first == second || in_order(first).is_some_and(|value| Some(value) == in_order(second))
}

/// The JSON with every list in one order.
fn in_order(json: &str) -> Option<Value> {
    fn sort(value: &mut Value) {
        match value {
            Value::Array(items) => {
                items.iter_mut().for_each(sort);
                items.sort_by_cached_key(Value::to_string);
            }
            Value::Object(fields) => fields.values_mut().for_each(sort),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(json).ok()?;
    sort(&mut value);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::says_the_same;

    #[test]
    fn the_order_of_lists_and_of_fields_means_nothing() {
        assert!(says_the_same(r#"{"a":[1,[3,2]],"b":1}"#, r#"{"b":1,"a":[[2,3],1]}"#));
        assert!(says_the_same("not JSON", "not JSON"));
    }

    #[test]
    fn what_is_in_them_does() {
        for (first, second) in [("[12]", "[21]"), ("[1,1,2]", "[1,2,2]"), (r#"{"a":1}"#, r#"{"b":1}"#), ("x", "y")] {
            assert!(!says_the_same(first, second), "{first} {second}");
        }
    }
}
