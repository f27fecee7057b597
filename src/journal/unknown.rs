//! Fields of a payload that this version does not know: kept beside the records they came with, put back when they go out.

use bytes::Bytes;

use super::Payload;
use crate::model::Signal;
use crate::model::otlp::wire::{self, Broken, Found, Shape};
use crate::model::otlp::{LogRecord, Metric, Span, Unknown, UnknownPart, UnknownStep, metric};

/// What a message may carry.
type Carried = Option<Box<Unknown>>;

macro_rules! visitor {
    ($(#[$doc:meta])* $visibility:vis $name:ident, $data_points:ident, $iter:ident, ($($mutable:tt)*)) => {
        $(#[$doc])*
        $visibility fn $name(self: &$($mutable)* Payload, visit: &mut dyn FnMut(&$($mutable)* Carried)) {
            match self {
                Payload::Traces(data) => {
                    for group in data.resource_spans.$iter() {
                        visit(&$($mutable)* group.unknown);
                        for scope in group.scope_spans.$iter() {
                            visit(&$($mutable)* scope.unknown);
                            scope.spans.$iter().for_each(|span| visit(&$($mutable)* span.unknown));
                        }
                    }
                }
                Payload::Logs(data) => {
                    for group in data.resource_logs.$iter() {
                        visit(&$($mutable)* group.unknown);
                        for scope in group.scope_logs.$iter() {
                            visit(&$($mutable)* scope.unknown);
                            scope.log_records.$iter().for_each(|record| visit(&$($mutable)* record.unknown));
                        }
                    }
                }
                Payload::Metrics(data) => {
                    for group in data.resource_metrics.$iter() {
                        visit(&$($mutable)* group.unknown);
                        for scope in group.scope_metrics.$iter() {
                            visit(&$($mutable)* scope.unknown);
                            for metric in scope.metrics.$iter() {
                                visit(&$($mutable)* metric.unknown);
                                Self::$data_points(metric, visit);
                            }
                        }
                    }
                }
            }
        }

        fn $data_points(metric: &$($mutable)* Metric, visit: &mut dyn FnMut(&$($mutable)* Carried)) {
            match &$($mutable)* metric.data {
                Some(metric::Data::Gauge(of)) => of.data_points.$iter().for_each(|one| visit(&$($mutable)* one.unknown)),
                Some(metric::Data::Sum(of)) => of.data_points.$iter().for_each(|one| visit(&$($mutable)* one.unknown)),
                Some(metric::Data::Histogram(of)) => {
                    of.data_points.$iter().for_each(|one| visit(&$($mutable)* one.unknown));
                }
                Some(metric::Data::ExponentialHistogram(of)) => {
                    of.data_points.$iter().for_each(|one| visit(&$($mutable)* one.unknown));
                }
                Some(metric::Data::Summary(of)) => {
                    of.data_points.$iter().for_each(|one| visit(&$($mutable)* one.unknown));
                }
                None => {}
            }
        }
    };
}

impl Payload {
    visitor! {
        /// Every place where unknown fields are carried.
        pub each_unknown, each_point, iter, ()
    }

    visitor! {
        /// Every place where unknown fields are carried, to be changed.
        pub each_unknown_mut, each_point_mut, iter_mut, (mut)
    }

    /// Keeps what decoding has dropped: `body` is what the payload was decoded from, protobuf. Whatever the client put
    /// where we keep it is removed.
    pub fn keep_unknown(&mut self, body: &[u8]) {
        self.forget_unknown();
        // Every field that was dropped makes the message shorter. So do zeros that some clients write out, which costs
        // them the search and nothing else.
        if self.encoded_len() == body.len() {
            return;
        }
        // It was decoded, so it is whole; and what cannot be read cannot be kept.
        for found in wire::find(self.shape(), body).unwrap_or_default() {
            self.carry(found);
        }
    }

    /// Drops what is carried.
    pub fn forget_unknown(&mut self) {
        self.each_unknown_mut(&mut |carried| *carried = None);
    }

    /// Whether anything unknown is carried.
    pub fn has_unknown(&self) -> bool {
        let mut any = false;
        self.each_unknown(&mut |carried| any |= carried.is_some());
        any
    }

    /// `body`, some of the payload's records as protobuf, as it was sent to us.
    ///
    /// # Errors
    /// When it is no such message.
    pub fn restored(&self, body: &[u8]) -> Result<Bytes, Broken> {
        wire::restore(self.shape(), body).map(Bytes::from)
    }

    fn shape(&self) -> Shape {
        match self.signal() {
            Signal::Traces => Shape::TracesData,
            Signal::Logs => Shape::LogsData,
            Signal::Metrics => Shape::MetricsData,
        }
    }

    /// Gives what was found to the nearest message that can carry it.
    fn carry(&mut self, found: Found) {
        let place: Vec<(u32, usize)> = found.path.iter().map(|step| (step.field, step.index as usize)).collect();
        let Some((carried, depth)) = self.carrier(&place) else { return };
        let path = match found.path.is_empty() {
            true => vec![UnknownStep::default()],
            false => found.path[depth..].to_vec(),
        };
        let part = UnknownPart { path, fields: found.fields.into() };
        carried.get_or_insert_default().parts.push(part);
    }

    /// The carrier nearest to the message at `place`, and how many steps lead to it; for the whole its first group.
    fn carrier(&mut self, place: &[(u32, usize)]) -> Option<(&mut Carried, usize)> {
        let place = if place.is_empty() { &[(1, 0)] } else { place };
        let [(1, group), below @ ..] = place else { return None };
        macro_rules! carrier {
            ($groups:expr, $scopes:ident, $records:ident, $inner:expr) => {{
                let group = $groups.get_mut(*group)?;
                let [(2, scope), below @ ..] = below else { return Some((&mut group.unknown, 1)) };
                let scope = group.$scopes.get_mut(*scope)?;
                let [(2, record), below @ ..] = below else { return Some((&mut scope.unknown, 2)) };
                let record = scope.$records.get_mut(*record)?;
                $inner(record, below)
            }};
        }
        match self {
            Self::Traces(data) => carrier!(data.resource_spans, scope_spans, spans, of_span),
            Self::Logs(data) => carrier!(data.resource_logs, scope_logs, log_records, of_log_record),
            Self::Metrics(data) => carrier!(data.resource_metrics, scope_metrics, metrics, of_metric),
        }
    }
}

fn of_span<'a>(span: &'a mut Span, _below: &[(u32, usize)]) -> Option<(&'a mut Carried, usize)> {
    Some((&mut span.unknown, 3))
}

fn of_log_record<'a>(record: &'a mut LogRecord, _below: &[(u32, usize)]) -> Option<(&'a mut Carried, usize)> {
    Some((&mut record.unknown, 3))
}

/// That of the point, if `below` leads to one.
fn of_metric<'a>(metric: &'a mut Metric, below: &[(u32, usize)]) -> Option<(&'a mut Carried, usize)> {
    let [_, (1, point), ..] = below else { return Some((&mut metric.unknown, 3)) };
    let carried = match metric.data.as_mut()? {
        metric::Data::Gauge(of) => &mut of.data_points.get_mut(*point)?.unknown,
        metric::Data::Sum(of) => &mut of.data_points.get_mut(*point)?.unknown,
        metric::Data::Histogram(of) => &mut of.data_points.get_mut(*point)?.unknown,
        metric::Data::ExponentialHistogram(of) => &mut of.data_points.get_mut(*point)?.unknown,
        metric::Data::Summary(of) => &mut of.data_points.get_mut(*point)?.unknown,
    };
    Some((carried, 5))
}

#[cfg(test)]
mod tests;
