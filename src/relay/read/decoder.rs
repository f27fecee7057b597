//! Takes the compression off a copy of an answer, piece by piece, without ever making much of little.

use std::io::Write;

use flate2::write::{MultiGzDecoder, ZlibDecoder};

use crate::relay::capture::Loss;

/// Compressed bytes that are looked at in one step.
const STEP: usize = 4 << 10;

/// Most that one step may become; gzip makes at most a thousandfold of it, which is as much.
const MOST_OF_A_STEP: usize = 8 << 20;

/// By the name in `content-encoding`.
pub(in crate::relay) enum Decoder {
    Plain,
    Gzip(Box<MultiGzDecoder<Sink>>),
    Zlib(Box<ZlibDecoder<Sink>>),
    Zstd(Box<zstd::stream::write::Decoder<'static, Sink>>),
}

/// Where decoded bytes gather until they are read.
#[derive(Debug, Default)]
pub(in crate::relay) struct Sink(Vec<u8>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_OF_A_STEP {
            return Err(std::io::Error::other("more than one step may become"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    /// # Errors
    /// When there is no decoder for it.
    pub fn of(encoding: &str) -> Result<Self, Loss> {
        let name = encoding.trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Ok(Self::Plain),
            "gzip" | "x-gzip" => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Sink::default())))),
            "deflate" => Ok(Self::Zlib(Box::new(ZlibDecoder::new(Sink::default())))),
            "zstd" => zstd::stream::write::Decoder::new(Sink::default())
                .map(|decoder| Self::Zstd(Box::new(decoder)))
                .map_err(|_| Loss::Encoding(name)),
            _ => Err(Loss::Encoding(name)),
        }
    }

    /// Hands what `piece` says to `take`, in one or more parts.
    ///
    /// # Errors
    /// When it is not compressed as it says, or `take` has enough.
    pub fn feed(&mut self, piece: &[u8], mut take: impl FnMut(&[u8]) -> Result<(), Loss>) -> Result<(), Loss> {
        if let Self::Plain = self {
            return take(piece);
        }
        for step in piece.chunks(STEP) {
            let sink = match self {
                Self::Plain => return Ok(()),
                Self::Gzip(decoder) => {
                    decoder.write_all(step).and_then(|()| decoder.flush()).map(|()| decoder.get_mut())
                }
                Self::Zlib(decoder) => {
                    decoder.write_all(step).and_then(|()| decoder.flush()).map(|()| decoder.get_mut())
                }
                Self::Zstd(decoder) => {
                    decoder.write_all(step).and_then(|()| decoder.flush()).map(|()| decoder.get_mut())
                }
            };
            let sink = sink.map_err(|_| Loss::Unreadable)?;
            if !sink.0.is_empty() {
                take(&sink.0)?;
                sink.0.clear();
            }
        }
        Ok(())
    }
}

/// `wire` without its compression, if that is at most `most` bytes.
///
/// # Errors
/// Why it cannot be read.
pub(in crate::relay) fn decompress(encoding: &str, wire: bytes::Bytes, most: usize) -> Result<bytes::Bytes, Loss> {
    let mut decoder = Decoder::of(encoding)?;
    if let Decoder::Plain = decoder {
        return Ok(wire);
    }
    let mut plain = Vec::new();
    decoder.feed(&wire, |part| {
        if plain.len() + part.len() > most {
            return Err(Loss::TooLarge { most });
        }
        plain.extend_from_slice(part);
        Ok(())
    })?;
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn every_encoding_is_read_byte_by_byte() {
        let text = b"data: {\"choices\":[]}\n\n".repeat(100);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&text).expect("memory");
        let zstd = zstd::encode_all(&text[..], 3).expect("memory");
        for (name, wire) in [("gzip", gzip(&text)), ("deflate", zlib.finish().expect("memory")), ("zstd", zstd)] {
            let mut decoder = Decoder::of(name).expect("known");
            let mut plain = Vec::new();
            for byte in &wire {
                let took = decoder.feed(&[*byte], |part| {
                    plain.extend_from_slice(part);
                    Ok(())
                });
                took.expect("well-formed");
            }
            assert_eq!(plain, text, "{name}");
        }
    }

    #[test]
    fn what_was_flushed_can_be_read_before_the_end() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"data: one\n\n").expect("memory");
        encoder.flush().expect("memory");
        let mut plain = Vec::new();
        let took = Decoder::of("gzip").expect("known").feed(encoder.get_ref(), |part| {
            plain.extend_from_slice(part);
            Ok(())
        });
        took.expect("well-formed");
        assert_eq!(plain, b"data: one\n\n");
    }

    #[test]
    fn little_never_becomes_much() {
        let bomb: bytes::Bytes = zstd::encode_all(&vec![0; 64 << 20][..], 1).expect("memory").into();
        assert!(bomb.len() < 64 << 10, "{}", bomb.len());
        assert!(decompress("zstd", bomb, 1 << 20).is_err());
        let bomb = gzip(&vec![0; 4 << 20]).into();
        assert_eq!(decompress("gzip", bomb, 1 << 20), Err(Loss::TooLarge { most: 1 << 20 }));
        assert_eq!(decompress("br", bytes::Bytes::new(), 1), Err(Loss::Encoding("br".into())));
        assert_eq!(decompress("gzip", bytes::Bytes::from_static(b"not gzip at all"), 99), Err(Loss::Unreadable));
    }
}
