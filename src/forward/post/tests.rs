use super::*;

fn reply(status: u16, headers: &[(&str, &str)]) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        map.insert(name, value.parse().expect("a value"));
    }
    Reply { status: StatusCode::from_u16(status).expect("a status"), headers: map, body: Bytes::new() }
}

/// What is done, in a word.
fn done(answer: &Answer) -> &'static str {
    match answer {
        Answer::Later { delivered: 0, .. } => "later",
        Answer::BadWithin(_) => "bad within",
        Answer::TooLarge(_) => "too large",
        Answer::Hold(_) => "hold",
        _ => "something else",
    }
}

#[test]
fn every_status_has_its_meaning() {
    for (statuses, expected) in [
        (&[408, 425, 429, 500, 502, 503, 504, 507, 508, 520, 599][..], "later"),
        (&[400, 422], "bad within"),
        (&[413], "too large"),
        (&[301, 302, 307, 308, 401, 402, 403, 404, 405, 407, 409, 410, 411, 415, 451, 501, 505], "hold"),
    ] {
        for status in statuses {
            let answer = reply(*status, &[]).failure("no\n  way");
            assert_eq!(done(&answer), expected, "{status}: {answer:?}");
            match answer {
                Answer::Later { why, .. } => assert!(why.contains(&status.to_string()) && why.ends_with(": no way")),
                Answer::BadWithin(why) | Answer::TooLarge(why) | Answer::Hold(why) => {
                    assert!(why.reason.contains(&status.to_string()) && why.response == "no way", "{why:?}");
                }
                _ => unreachable!("compared above"),
            }
        }
    }
}

#[test]
fn it_is_asked_when_to_come_back() {
    let after = |headers: &[(&str, &str)]| match reply(503, headers).failure("") {
        Answer::Later { after, .. } => after.map(|after| after.as_secs()),
        other => panic!("{other:?}"),
    };
    let now = ("date", "Sat, 21 Nov 2026 09:00:00 GMT");
    assert_eq!(after(&[("retry-after", "17")]), Some(17));
    assert_eq!(after(&[]), None);
    assert_eq!(after(&[("retry-after", "soon")]), None);
    assert_eq!(after(&[now, ("retry-after", "Sat, 21 Nov 2026 09:02:05 GMT")]), Some(125));
    assert_eq!(after(&[now, ("retry-after", "Sat, 21 Nov 2026 08:00:00 GMT")]), Some(0));
    assert_eq!(after(&[("retry-after", "Sat, 21 Nov 2026 09:02:05 GMT")]), None);
}

#[test]
fn long_answers_are_shortened() {
    assert_eq!(shown(" a\n b "), "a b");
    assert_eq!(shown(&"ü".repeat(9_000)).chars().count(), SHOWN_CHARS + 3);
}

#[test]
fn a_probe_is_content_with_whoever_knows_us() {
    let why = || because("x".into());
    assert!(probed(Answer::Delivered).is_ok() && probed(Answer::BadWithin(why())).is_ok());
    assert!(probed(Answer::Hold(why())).is_err());
    assert!(probed(Answer::Later { delivered: 0, after: None, why: "x".into() }).is_err());
}

#[test]
fn compressed_is_compressed() {
    let plain = "abc ".repeat(10_000);
    let small = gzip(plain.as_bytes());
    assert!(small.len() < plain.len() / 20);
    let mut back = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&small[..]), &mut back).expect("gzip");
    assert_eq!(back, plain);
}
