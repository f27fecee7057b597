//! The raw limit: what any store must do with these bytes, and nothing else. Three threads, one per stage:
//! protobuf decode, zstd level 1, append with fdatasync (of whatever has come meanwhile).

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use bytes::Bytes;
use prost::Message as _;
use tracemeter::model::otlp::TracesData;

use crate::server::cpu_seconds;
use crate::traffic::{Profile, requests};

/// Requests between two stages.
const QUEUE: usize = 16;

/// Most bytes written between two syncs.
const GROUP_BYTES: usize = 8 << 20;

#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub spans_per_s: f64,
    pub mb_per_s: f64,
    pub cpu_s_per_gb: f64,
    pub written_share: f64,
}

/// Takes the requests of `profile` for `duration` and writes them to a file in `dir`.
///
/// # Errors
/// When the file cannot be written or a request is no OTLP.
pub fn measure(profile: Profile, duration: Duration, dir: &Path) -> anyhow::Result<Limit> {
    let bodies: Vec<(Bytes, u64)> =
        requests(profile, 1)?.into_iter().map(|request| (request.body.into(), request.spans)).collect();
    let file = File::create(dir.join("limit"))?;
    let (decoded, to_compress) = sync_channel::<Bytes>(QUEUE);
    let (compressed, to_write) = sync_channel::<Vec<u8>>(QUEUE);
    let cpu = cpu_seconds(std::process::id())?;
    let began = Instant::now();
    let (spans, bytes, written) = thread::scope(|scope| {
        let decoding = scope.spawn(move || {
            let (mut spans, mut bytes) = (0, 0);
            for (body, count) in bodies.iter().cycle() {
                if began.elapsed() >= duration {
                    break;
                }
                let message = TracesData::decode(body.clone())?;
                drop(std::hint::black_box(message));
                spans += count;
                bytes += body.len() as u64;
                decoded.send(body.clone())?;
            }
            anyhow::Ok((spans, bytes))
        });
        let compressing = scope.spawn(move || {
            let mut compressor = zstd::bulk::Compressor::new(1)?;
            for body in to_compress {
                compressed.send(compressor.compress(&body)?)?;
            }
            anyhow::Ok(())
        });
        let writing = scope.spawn(move || write(file, &to_write));
        let (spans, bytes) = decoding.join().map_err(|_| anyhow!("decoding panicked"))??;
        compressing.join().map_err(|_| anyhow!("compressing panicked"))??;
        let written = writing.join().map_err(|_| anyhow!("writing panicked"))??;
        anyhow::Ok((spans, bytes, written))
    })?;
    let seconds = began.elapsed().as_secs_f64();
    std::fs::remove_file(dir.join("limit"))?;
    Ok(Limit {
        spans_per_s: spans as f64 / seconds,
        mb_per_s: bytes as f64 / 1e6 / seconds,
        cpu_s_per_gb: (cpu_seconds(std::process::id())? - cpu) / (bytes as f64 / 1e9),
        written_share: written as f64 / bytes as f64,
    })
}

/// Appends what comes, and syncs once for all that was there; gives the bytes written.
fn write(mut file: File, from: &Receiver<Vec<u8>>) -> anyhow::Result<u64> {
    let mut written = 0;
    while let Ok(first) = from.recv() {
        let mut group = first.len();
        file.write_all(&first)?;
        while group < GROUP_BYTES
            && let Ok(next) = from.try_recv()
        {
            group += next.len();
            file.write_all(&next)?;
        }
        file.sync_data()?;
        written += group as u64;
    }
    Ok(written)
}
