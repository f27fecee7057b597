use proptest::prelude::*;

use super::*;

fn expression(text: &str) -> String {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_match()
}

fn fault(text: &str) -> BadQuery {
    Query::parse(text).expect_err("must be refused")
}

#[test]
fn words_are_joined_by_and_and_operators_do_what_they_say() {
    assert_eq!(expression("hotel Vienna"), r#"("hotel" AND "Vienna")"#);
    assert_eq!(expression("hotel AND Vienna OR train"), r#"(("hotel" AND "Vienna") OR "train")"#);
    assert_eq!(expression("hotel (Vienna OR Graz)"), r#"("hotel" AND ("Vienna" OR "Graz"))"#);
    assert_eq!(expression("hotel NOT full -\"no pets\""), r#"(("hotel") NOT ("full" OR "no pets"))"#);
    assert_eq!(expression("book*"), r#""book" *"#);
    assert_eq!(expression("\"weekly pl\"*"), r#""weekly pl" *"#);
    assert_eq!(expression("gpt-4o, please …"), r#"("gpt-4o," AND "please")"#);
}

#[test]
fn fields_narrow_what_follows() {
    assert_eq!(expression("prompt:hotel"), r#"{prompt} : "hotel""#);
    assert_eq!(expression("Tool:\"get weather\" x1"), r#"({tool} : "get weather" AND "x1")"#);
    assert_eq!(expression("completion:(a1 OR error:b2)"), r#"({completion} : "a1" OR {error} : "b2")"#);
    assert_eq!(expression("https://example.com 12:30"), r#"("https://example.com" AND "12:30")"#);
}

#[test]
fn marks_leave_out_what_must_not_occur() {
    let query = Query::parse("hotel prompt:Vienna NOT full").expect("valid");
    assert_eq!(query.to_marks(), r#""hotel" OR {prompt} : "Vienna""#);
}

#[test]
fn faults_say_what_is_wrong_and_what_to_write() {
    let cases = [
        ("", "nothing to search"),
        ("\"open", "not closed"),
        ("(hotel", "( is not closed"),
        ("hotel)", "closes nothing"),
        ("AND hotel", "AND"),
        ("hotel NOT", "NOT"),
        ("NOT hotel", "taken away"),
        ("hotel OR", "OR"),
        ("colour:red", "colour"),
        ("prompt:", "prompt:"),
        ("prompt:tool:x", "within a field"),
        ("a*", "too many"),
        ("***", "no letter"),
        ("\"--\"", "no letter"),
        ("()", "parenthesis"),
    ];
    for (text, named) in cases {
        let fault = fault(text);
        assert!(fault.message.contains(named), "{text}: {fault:?}");
        assert!(!fault.hint.is_empty(), "{text}");
    }
    assert!(fault(&"word ".repeat(33)).message.contains("32"));
    assert!(fault(&"x".repeat(1001)).message.contains("1000"));
    assert!(fault(&format!("{}x1{}", "(".repeat(17), ")".repeat(17))).message.contains("parentheses"));
}

proptest! {
    /// FTS5 itself judges: whatever is accepted here is valid there.
    #[test]
    fn what_is_accepted_is_valid_for_fts5(text in r#"([a-c"*():^+{}\-'\\ ]|AND|OR|NOT|NEAR|prompt:|name:|ß|\PC){0,24}"#) {
        if let Ok(query) = Query::parse(&text) {
            let database = rusqlite::Connection::open_in_memory().expect("opens");
            database
                .execute_batch("CREATE VIRTUAL TABLE words USING fts5(name, prompt, completion, tool, error, log)")
                .expect("FTS5 is there");
            for expression in [query.to_match(), query.to_marks()] {
                let asked = database.query_row("SELECT count(*) FROM words WHERE words MATCH ?", [&expression], |row| {
                    row.get::<_, i64>(0)
                });
                prop_assert_eq!(asked, Ok(0), "{} from {}", expression, text);
            }
        }
    }
}
