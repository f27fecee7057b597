use super::*;
use crate::clock::Clock;

fn noon() -> UnixNanos {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

fn said(status: u16, body: &str, items: usize) -> Answer {
    reply(status, body, items).answer
}

fn reply(status: u16, body: &str, items: usize) -> Reply {
    let status = StatusCode::from_u16(status).expect("a status");
    read(status, &HeaderMap::new(), body.as_bytes(), items, false, Clock::fixed(noon()).now())
}

fn code(code: i64, number: Option<usize>) -> String {
    match number {
        Some(number) => format!(r#"{{"text":"t","code":{code},"invalid-event-number":{number}}}"#),
        None => format!(r#"{{"text":"t","code":{code}}}"#),
    }
}

/// What of an answer the table of codes tells.
fn short(answer: &Answer) -> String {
    match answer {
        Answer::Delivered => "delivered".into(),
        Answer::DeliveredWithout { records, .. } => format!("delivered without {records}"),
        Answer::DeliveredSlowDown(_) => "slow down".into(),
        Answer::Later { delivered, .. } => format!("later {delivered}"),
        Answer::Bad { at, .. } => format!("bad {at}"),
        Answer::BadWithin(_) => "bad within".into(),
        Answer::TooLarge(_) => "too large".into(),
        Answer::Hold(_) => "hold".into(),
    }
}

#[test]
fn every_code_of_the_table() {
    // HTTP status, code, invalid-event-number, and what follows for a request with five events.
    let table: &[(u16, i64, Option<usize>, &str)] = &[
        (200, 0, None, "delivered"),
        (403, 1, None, "hold"),
        (401, 2, None, "hold"),
        (401, 3, None, "hold"),
        (403, 4, None, "hold"),
        (400, 5, None, "bad within"),
        (400, 6, Some(0), "bad 0"),
        (400, 6, Some(3), "bad 3"),
        (400, 6, None, "bad within"),
        (400, 6, Some(5), "bad within"),
        (400, 7, Some(1), "bad 0"),
        (400, 7, Some(4), "bad 3"),
        (400, 7, Some(5), "bad 4"),
        (400, 7, Some(0), "bad 0"),
        (400, 7, None, "bad within"),
        (500, 8, None, "later 0"),
        (503, 9, None, "later 0"),
        (503, 9, Some(2), "later 2"),
        (503, 9, Some(5), "later 5"),
        (503, 9, Some(9), "later 0"),
        (400, 10, None, "hold"),
        (400, 11, None, "hold"),
        (400, 12, Some(2), "bad 2"),
        (400, 13, Some(2), "bad 2"),
        (400, 14, None, "hold"),
        (400, 15, Some(4), "bad 4"),
        (400, 16, None, "hold"),
        (503, 18, None, "later 0"),
        (503, 19, None, "later 0"),
        (503, 20, None, "later 0"),
        (400, 21, None, "hold"),
        (400, 22, None, "hold"),
        (503, 23, None, "later 0"),
        (200, 24, None, "slow down"),
        (200, 25, None, "slow down"),
        (429, 26, None, "later 0"),
        (429, 27, None, "later 0"),
        (400, 28, None, "hold"),
        (400, 99, Some(1), "bad 1"),
        (404, 404, None, "hold"),
        (405, 404, None, "hold"),
        (200, 17, None, "hold"),
    ];
    for (status, number, invalid, expected) in table {
        let answer = said(*status, &code(*number, *invalid), 5);
        assert_eq!(short(&answer), *expected, "HTTP {status}, code {number}, event {invalid:?}");
    }
}

#[test]
fn answers_that_are_not_splunks() {
    let html = "<!doctype html><html><body>Payload</body></html>";
    let cases = [(413, "too large"), (415, "hold"), (502, "later 0"), (504, "later 0"), (400, "hold"), (302, "hold")];
    for (status, expected) in cases.into_iter().chain([(200, "hold"), (408, "later 0"), (501, "hold")]) {
        assert_eq!(short(&said(status, html, 5)), expected, "HTTP {status}");
    }
    assert_eq!(said(200, "", 5), Answer::Delivered);
    let Answer::TooLarge(why) = said(413, html, 5) else { panic!("too large") };
    assert!(why.response.starts_with("413 <!doctype"), "{}", why.response);
}

#[test]
fn one_event_alone_is_the_bad_one() {
    assert_eq!(short(&said(400, &code(6, None), 1)), "bad 0");
    assert_eq!(short(&said(400, &code(13, Some(7)), 1)), "bad 0");
    assert_eq!(short(&said(400, &code(7, Some(1)), 1)), "bad 0");
}

#[test]
fn compression_goes_when_it_is_not_understood() {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let reply = read(status, &HeaderMap::new(), b"<html>", 5, true, noon());
    assert!(reply.gzip_refused);
    assert_eq!(short(&reply.answer), "later 0");
}

#[test]
fn an_ack_id_is_waited_for() {
    assert_eq!(reply(200, r#"{"text":"Success","code":0,"ackId":7}"#, 5).ack, Some(7));
    assert_eq!(reply(200, r#"{"text":"Success","code":0}"#, 5).ack, None);
    let slow = reply(200, r#"{"text":"t","code":25,"ackId":0}"#, 5);
    assert_eq!((slow.ack, short(&slow.answer).as_str()), (Some(0), "slow down"));
    assert_eq!(read_ack(StatusCode::OK, br#"{"acks":{"7":true}}"#, 7), AckReply::Indexed);
    assert_eq!(read_ack(StatusCode::OK, br#"{"acks":{"7":false,"0":true}}"#, 7), AckReply::NotYet);
    assert_eq!(read_ack(StatusCode::BAD_REQUEST, code(14, None).as_bytes(), 7), AckReply::Disabled);
    assert_eq!(read_ack(StatusCode::SERVICE_UNAVAILABLE, code(9, None).as_bytes(), 7), AckReply::NotYet);
    assert!(matches!(read_ack(StatusCode::FORBIDDEN, code(4, None).as_bytes(), 7), AckReply::Hold(_)));
}

#[test]
fn the_server_says_when_to_come_back() {
    let after = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, text.parse().expect("a value"));
        match read(StatusCode::TOO_MANY_REQUESTS, &headers, b"", 5, false, noon()).answer {
            Answer::Later { after, .. } => after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(after("17"), Some(Duration::from_secs(17)));
    assert_eq!(after("Fri, 20 Nov 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(after("Fri, 20 Nov 2026 11:00:30 GMT"), Some(Duration::ZERO));
    assert_eq!(after("soon"), None);
}

#[test]
fn health() {
    let health =
        |status: u16, body: &str| read_health(StatusCode::from_u16(status).expect("a status"), body.as_bytes());
    assert_eq!(health(200, &code(17, None)), Ok(()));
    assert!(health(200, "<html>Sign in</html>").is_err());
    for (status, number, word) in [(503, 18, "queues"), (503, 23, "shutting down"), (400, 22, "disabled")] {
        let why = health(status, &code(number, None)).expect_err("not well").reason;
        assert!(why.contains(word), "{why}");
    }
}
