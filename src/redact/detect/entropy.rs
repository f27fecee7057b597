//! Strings that look drawn at random: long, of capitals, small letters and digits, none much more often than others.

use super::bounds::word_start;
use super::{Hit, Settings};
use crate::config::DetectorKind;

/// Shorter ones are ids too often.
const FEWEST: usize = 32;

/// Longer ones are data: images, vectors, signatures of thoughts.
const MOST: usize = 256;

/// Bits per character. 32 characters of base64 drawn at random have 4.5 on average, prose without spaces less than 4.
const ENTROPY: f64 = 4.0;

/// Beginnings of what providers call their answers, calls and files.
pub(in crate::redact) const PROVIDER_IDS: [&str; 22] = [
    "chatcmpl-",
    "cmpl-",
    "msg_",
    "resp_",
    "call_",
    "toolu_",
    "tooluse_",
    "srvtoolu_",
    "run_",
    "thread_",
    "asst_",
    "file-",
    "file_",
    "req_",
    "gen-",
    "batch_",
    "embd-",
    "org-",
    "proj_",
    "fc_",
    "rs_",
    "ws_",
];

pub(super) fn is_token(byte: u8) -> bool {
    // Without branches: called for every byte of a block.
    ((byte | 0x20).wrapping_sub(b'a') < 26)
        | (byte.wrapping_sub(b'0') < 10)
        | (byte == b'+')
        | (byte == b'/')
        | (byte == b'=')
        | (byte == b'_')
        | (byte == b'-')
}

/// Judges the run of token characters around `at`; answers where it ends.
pub(super) fn find_run(bytes: &[u8], at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) -> usize {
    let end = at + bytes[at..].iter().take_while(|byte| is_token(**byte)).count();
    let start = word_start(bytes, end, usize::MAX, is_token);
    let run = &bytes[start.min(end)..end];
    if (FEWEST..=MOST).contains(&run.len())
        && is_random(run)
        && !PROVIDER_IDS.iter().any(|id| run.starts_with(id.as_bytes()))
    {
        hits.push(Hit::new(start..end, "high_entropy", settings.action(DetectorKind::HighEntropy)));
    }
    end
}

fn is_random(run: &[u8]) -> bool {
    let mut counts = [0_u32; 128];
    run.iter().for_each(|byte| counts[usize::from(byte & 0x7f)] += 1);
    let any = |range: std::ops::RangeInclusive<u8>| range.into_iter().any(|byte| counts[usize::from(byte)] > 0);
    // A path has slashes, a name has dashes; hex digits are checksums and ids.
    let breaks = run.iter().filter(|byte| matches!(byte, b'/' | b'-' | b'_')).count();
    if !(any(b'a'..=b'z') && any(b'A'..=b'Z') && any(b'0'..=b'9')) || breaks > run.len() / 8 {
        return false;
    }
    let length = run.len() as f64;
    let bits = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    });
    bits.sum::<f64>() >= ENTROPY
}
