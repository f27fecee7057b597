use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::model::Day;

fn at(chunk: i64) -> Cursor {
    Cursor { day: Day(1), chunk }
}

fn item(group: &str, bytes: usize) -> Item {
    let body = Bytes::from(vec![b'x'; bytes]);
    Item { index: 0, ordinal: 0, records: 1, group: Arc::from(group), body, grows: 0, span: None }
}

fn items(chunk: i64, groups: &[&str]) -> Vec<(Cursor, Signal, Item)> {
    groups.iter().map(|group| (at(chunk), Signal::Traces, item(group, 10))).collect()
}

#[test]
fn the_cursor_follows_the_oldest_open_chunk() {
    let mut window = Window::new(at(0));
    window.add_chunk(at(1), items(1, &["a", "a"]), None);
    window.add_chunk(at(2), items(2, &["a"]), None);
    window.add_chunk(at(3), vec![], None);
    let first = window.take(20, 100).expect("two");
    let second = window.take(20, 100).expect("one");
    assert_eq!((first.len(), second.len(), window.bytes()), (2, 1, 30));
    window.settle(&second[0]);
    assert_eq!(window.cursor(), at(0), "chunk 1 is on the way");
    window.settle(&first[0]);
    assert_eq!(
        window.partial(),
        [Partial { cursor: at(1), items: 2, done: vec![0] }, Partial { cursor: at(2), items: 1, done: vec![0] }]
    );
    window.settle(&first[1]);
    assert_eq!((window.cursor(), window.bytes(), window.is_empty()), (at(3), 0, true));
}

#[test]
fn a_request_holds_one_group_within_the_limits_and_keeps_the_order() {
    let mut window = Window::new(at(0));
    window.add_chunk(at(1), items(1, &["a", "b", "a", "a", "b"]), None);
    let of = |request: &[Pending]| request.iter().map(|pending| pending.item.index).collect::<Vec<_>>();
    assert_eq!(of(&window.take(1000, 2).expect("a")), [0, 2]);
    assert_eq!(of(&window.take(1000, 9).expect("b")), [1, 4]);
    assert_eq!(of(&window.take(1, 9).expect("too large goes alone")), [3]);
    assert!(window.take(1, 9).is_none());
}

#[test]
fn parts_of_an_item_settle_it_together() {
    let mut window = Window::new(at(0));
    window.add_chunk(at(1), items(1, &["a"]), None);
    let request = window.take(100, 100).expect("one");
    window.replace(&request[0], vec![item("a", 4), item("a", 5)]);
    assert_eq!(window.bytes(), 9);
    let parts = window.take(1, 1).expect("made up already");
    assert_eq!(parts.len(), 2);
    window.settle(&parts[1]);
    assert_eq!(window.cursor(), at(0));
    window.settle(&parts[0]);
    assert_eq!(window.cursor(), at(1));
}

#[test]
fn a_dead_letter_neither_moves_nor_stops_the_cursor() {
    let mut window = Window::new(at(5));
    window.add_letter(7, items(2, &["a", "b"]));
    window.add_chunk(at(6), vec![], None);
    assert_eq!(window.cursor(), at(6));
    let (one, other) = (window.take(100, 9).expect("a"), window.take(100, 9).expect("b"));
    assert_eq!(window.letter_of(&one[0]), Some(7));
    assert_eq!(window.settle(&one[0]), None);
    assert_eq!(window.settle(&other[0]), Some(7));
    assert_eq!((window.cursor(), window.is_empty()), (at(6), true));
}

#[test]
fn what_a_former_run_has_settled_is_not_sent_unless_the_items_are_others() {
    let done = Partial { cursor: at(1), items: 3, done: vec![0, 2] };
    let stored = Partial::decode(&Partial::encode(std::slice::from_ref(&done)));
    assert_eq!(stored, [done]);
    let mut window = Window::new(at(0));
    window.add_chunk(at(1), items(1, &["a", "a", "a"]), stored.first());
    assert_eq!(window.take(100, 9).expect("one").len(), 1);
    let mut window = Window::new(at(0));
    window.add_chunk(at(1), items(1, &["a", "a"]), stored.first());
    assert_eq!(window.take(100, 9).expect("all").len(), 2);
}

proptest! {
    /// Whatever is settled, given back, split and restarted in whatever order: every item is settled once, and the
    /// cursor passes a chunk only when all of it is.
    #[test]
    fn nothing_is_passed_over(chunks in prop::collection::vec(prop::collection::vec(0_usize..3, 0..6), 1..8),
                              moves in prop::collection::vec((0_usize..4, 1_usize..40), 1..200)) {
        let names = ["a", "b", "c"];
        let all: Vec<Vec<&str>> = chunks.iter().map(|groups| groups.iter().map(|g| names[*g]).collect()).collect();
        let mut window = Window::new(at(0));
        for (number, groups) in (1..).zip(&all) {
            window.add_chunk(at(number), items(number, groups), None);
        }
        let mut settled = std::collections::BTreeMap::new();
        for (what, bytes) in moves.into_iter().chain(std::iter::repeat((0, 1000))) {
            let Some(request) = window.take(bytes, 100) else { break };
            match what {
                1 => window.give_back(request),
                2 if request[0].item.body.len() > 4 => {
                    let (first, rest) = request.split_first().expect("one at least");
                    window.give_back(rest.to_vec());
                    window.replace(first, vec![item(&first.item.group, 2), item(&first.item.group, 3)]);
                }
                3 => {
                    // The process ends and starts again.
                    let (cursor, partial) = (window.cursor(), Partial::decode(&Partial::encode(&window.partial())));
                    window = Window::new(cursor);
                    for (number, groups) in (1..).zip(&all).filter(|(number, _)| at(*number) > cursor) {
                        let done = partial.iter().find(|partial| partial.cursor == at(number));
                        window.add_chunk(at(number), items(number, groups), done);
                    }
                    settled.retain(|(chunk, index), _| at(*chunk) <= cursor
                        || partial.iter().any(|partial| partial.cursor == at(*chunk) && partial.done.contains(index)));
                }
                _ => for pending in &request {
                    window.settle(pending);
                    *settled.entry((pending.cursor.chunk, pending.item.index)).or_insert(0) += 1;
                },
            }
            for (number, groups) in (1..).zip(&all).filter(|(number, _)| at(*number) <= window.cursor()) {
                let whole = (0..groups.len()).all(|index| settled.contains_key(&(number, index as u32)));
                prop_assert!(whole, "chunk {} was passed", number);
            }
        }
        prop_assert_eq!(window.cursor(), at(all.len() as i64));
        prop_assert!(window.is_empty() && window.bytes() == 0);
    }
}
