//! Bytes written as `%E2%82%AC`: in addresses, and in the messages of gRPC.

/// `text` with its escapes undone; a `%` that begins none stands for itself, bytes that are no UTF-8 become `�`.
pub fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let code = text.get(at + 1..at + 3).and_then(|code| hex::decode(code).ok());
        match (byte, code.as_deref()) {
            (b'%', Some([decoded])) => {
                bytes.push(*decoded);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn escapes_are_undone_and_the_rest_stays() {
        assert_eq!(decoded(b"/v1%2Ftraces"), "/v1/traces");
        assert_eq!(decoded(b"%E2%82%AC 5 is 100%"), "\u{20ac} 5 is 100%");
        assert_eq!(decoded(b"%zz%4"), "%zz%4");
        assert_eq!(decoded(b"%ff"), "\u{fffd}");
    }
}
