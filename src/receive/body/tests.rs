use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use prometheus_client::metrics::gauge::Gauge;

use super::*;
use crate::receive::admission::Inflight;

const MIB: usize = 1 << 20;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("to memory");
    encoder.finish().expect("to memory")
}

fn all_forms(plain: &[u8]) -> Vec<(Encoding, Vec<u8>)> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(plain).expect("to memory");
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
    raw.write_all(plain).expect("to memory");
    vec![
        (Encoding::Gzip, gzip(plain)),
        (Encoding::Deflate, zlib.finish().expect("to memory")),
        (Encoding::Deflate, raw.finish().expect("to memory")),
        (Encoding::Zstd, zstd::encode_all(plain, 3).expect("to memory")),
    ]
}

fn room(limit: usize) -> Room {
    Inflight::new(limit, Gauge::default()).room()
}

#[test]
fn every_encoding_gives_the_body_back() {
    let plain: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    for (encoding, wire) in all_forms(&plain) {
        let body = decompress(encoding, wire.into(), plain.len(), &mut room(usize::MAX)).expect("decompresses");
        assert!(body == plain, "{encoding:?}");
    }
}

#[test]
fn gzip_may_have_several_members() {
    let wire = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(decompress(Encoding::Gzip, wire.into(), MIB, &mut room(MIB)).expect("decompresses"), "one two");
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let plain = vec![0; 64 * MIB];
    for (encoding, wire) in all_forms(&plain) {
        assert!(wire.len() < MIB);
        let mut room = room(4 * MIB);
        let refused = decompress(encoding, wire.into(), MIB, &mut room);
        // Had it grown past the limit by more than a step, there would have been no room for it.
        assert!(
            matches!(refused, Err(Refusal::TooLarge { limit: MIB, when: "decompressed" })),
            "{encoding:?}: {refused:?}"
        );
    }
}

#[test]
fn growing_needs_room() {
    let wire = gzip(&vec![0; MIB]);
    let refused = decompress(Encoding::Gzip, wire.into(), 8 * MIB, &mut room(MIB / 2));
    assert!(matches!(refused, Err(Refusal::Busy { .. })), "{refused:?}");
}

#[test]
fn the_result_never_has_capacity_beyond_the_limit() {
    let limit = 3 * MIB + 17;
    let plain = vec![7; limit];
    let mut room = room(usize::MAX);
    let body = read_capped(plain.as_slice(), limit, &mut room);
    assert!(
        body.is_ok_and(|body| body.len() == limit && body.try_into_mut().is_ok_and(|body| body.capacity() <= limit))
    );
}

#[test]
fn a_window_larger_than_the_limit_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.window_log(27).expect("a window");
    encoder.write_all(&[1; 1000]).expect("to memory");
    let wire = encoder.finish().expect("to memory");
    assert!(matches!(decompress(Encoding::Zstd, wire.into(), MIB, &mut room(MIB)), Err(Refusal::Malformed { .. })));
}

#[test]
fn what_is_not_compressed_as_it_says_is_malformed() {
    for encoding in [Encoding::Gzip, Encoding::Deflate, Encoding::Zstd] {
        let refused = decompress(encoding, Bytes::from_static(b"{\"resourceSpans\":[]}"), MIB, &mut room(MIB));
        assert!(matches!(refused, Err(Refusal::Malformed { .. })), "{encoding:?}: {refused:?}");
    }
    let mut cut = gzip(b"some text that goes on for a while");
    cut.truncate(cut.len() - 9);
    assert!(matches!(decompress(Encoding::Gzip, cut.into(), MIB, &mut room(MIB)), Err(Refusal::Malformed { .. })));
}

#[tokio::test]
async fn reading_counts_what_comes_and_not_what_is_announced() {
    let chunk = || Ok::<_, std::io::Error>(Bytes::from(vec![1; 1000]));
    let chunks = || Body::from_stream(futures_util::stream::iter((0..5).map(move |_| chunk())));
    let mut enough = room(5000);
    assert_eq!(read(&mut chunks(), 5000, &mut enough).await.expect("fits").len(), 5000);
    let refused = read(&mut chunks(), 4999, &mut room(9000)).await;
    assert!(matches!(refused, Err(Refusal::TooLarge { limit: 4999, when: "as sent" })), "{refused:?}");
    let refused = read(&mut chunks(), 9000, &mut room(4999)).await;
    assert!(matches!(refused, Err(Refusal::Busy { .. })), "{refused:?}");
    let broken = futures_util::stream::iter([chunk(), Err(std::io::Error::other("gone"))]);
    let refused = read(&mut Body::from_stream(broken), 9000, &mut room(9000)).await;
    assert!(matches!(refused, Err(Refusal::Broken)), "{refused:?}");
}

#[tokio::test]
async fn draining_stops_after_its_share() {
    let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1024])));
    drain(&mut Body::from_stream(endless), 10 << 10).await;
}
