//! `/api/v1/storage`: what takes how much space, by part and by day.

use std::collections::BTreeMap;
use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;

use super::changes::blocking;
use super::error::ApiError;
use super::query::Query;
use super::{ApiState, endpoints, types};
use crate::model::{Day, UnixNanos};

/// Parts in the order in which they are told; what belongs to none is `other`.
const PARTS: [&str; 6] = ["journal", "analytics", "search", "media", "forward", "other"];

pub(super) async fn storage(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::Storage>, ApiError> {
    Query::read(&uri, &endpoints::STORAGE, state.clock.now())?;
    let config = state.config;
    let data_dir = config.data_dir.display().to_string();
    let measured = blocking(move || Ok(measure(&config.data_dir))).await?;
    let report = state.retention.report();
    let days = measured.days.into_iter().rev().map(|(day, bytes)| {
        let done = report.states.get(&day).copied().unwrap_or_default();
        types::StorageDay {
            day: day.to_string(),
            journal_bytes: bytes[0],
            search_bytes: bytes[2],
            media_bytes: bytes[3],
            packed: done.packed,
            thinned: done.thinned,
        }
    });
    let parts = PARTS.iter().zip(measured.parts);
    Ok(Json(types::Storage {
        data_dir,
        parts: parts.map(|(part, bytes)| types::StoragePart { part: (*part).into(), bytes }).collect(),
        days: days.collect(),
    }))
}

/// Bytes by part, and by day and part.
#[derive(Debug, Default, PartialEq, Eq)]
struct Measured {
    parts: [u64; PARTS.len()],
    days: BTreeMap<Day, [u64; PARTS.len()]>,
}

fn measure(data_dir: &Path) -> Measured {
    let mut measured = Measured::default();
    for entry in std::fs::read_dir(data_dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let part = PARTS.iter().position(|part| name.starts_with(part)).unwrap_or(PARTS.len() - 1);
        weigh(&entry.path(), part, &mut measured);
    }
    measured
}

/// Files of the journal and of search are called after their day; a media file belongs to the day it was last sent.
fn weigh(path: &Path, part: usize, measured: &mut Measured) {
    let Ok(metadata) = path.symlink_metadata() else { return };
    if metadata.is_dir() {
        let below = std::fs::read_dir(path).into_iter().flatten().flatten();
        return below.for_each(|entry| weigh(&entry.path(), part, measured));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = name.get(..10).and_then(|day| day.parse::<Day>().ok());
    let changed = || metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let day = if part == 3 { changed().map(|time| UnixNanos::from(time).day()) } else { named };
    measured.parts[part] += metadata.len();
    if let Some(day) = day.filter(|_| matches!(part, 0 | 2 | 3)) {
        measured.days.entry(day).or_default()[part] += metadata.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_weighed_by_part_and_day() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |path: &str, bytes: usize| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("has a parent")).expect("made");
            std::fs::write(path, vec![0; bytes]).expect("written");
        };
        write("journal/2026-11-20.sqlite", 10);
        write("journal/2026-11-20.sqlite-wal", 5);
        write("journal/2026-11-21.sqlite", 7);
        write("search/2026-11-20.sqlite", 3);
        write("analytics/analytics.duckdb", 100);
        write("forward.sqlite", 2);
        write("run/lock", 1);
        let measured = measure(dir.path());
        assert_eq!(measured.parts, [22, 100, 3, 0, 2, 1]);
        let day = |text: &str| measured.days[&text.parse::<Day>().expect("a day")];
        assert_eq!(day("2026-11-20"), [15, 0, 3, 0, 0, 0]);
        assert_eq!((day("2026-11-21")[0], measured.days.len()), (7, 2));
        assert_eq!(measure(&dir.path().join("nowhere")), Measured::default());
    }
}
