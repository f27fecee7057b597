//! What to change at a client, by the word for why it was refused.

/// One sentence or two; `None` where the answer itself says all there is to say.
pub fn remedy(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "tls" => {
            "The client speaks TLS, this port does not: write http:// instead of https://; for gRPC set \
             OTEL_EXPORTER_OTLP_INSECURE=true."
        }
        "unknown_path" => {
            "The path is wrong. As base address give the host and the port only; as full address end with /v1/traces."
        }
        "other_protocol" => "That is not OpenTelemetry: choose OTLP as exporter or protocol at the client.",
        "method" => "Something asked with another method than POST, a health check perhaps.",
        "content_type" => "Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or grpc.",
        "content_encoding" => "Set OTEL_EXPORTER_OTLP_COMPRESSION to gzip or none.",
        "wrong_signal" => {
            "Traces, logs or metrics go to the address of another: look at the per-signal endpoints, such as \
             OTEL_EXPORTER_OTLP_TRACES_ENDPOINT."
        }
        "no_signal" => "What was sent to the bare address is no OTLP: end the address with /v1/traces.",
        "other_port" => "This port takes other signals: use another one, or add the signal to it.",
        "malformed" => "The body is no OTLP. Is it an OpenTelemetry exporter, and the protocol the one it says?",
        "foreign_page" => {
            "A web page of another site tried to send. Send from its server, or by a proxy of the page's own."
        }
        "missing_key" => {
            "The client sends no key: make one with `tracemeter keys new NAME` or under Settings, Keys, and give it to the \
             client, for SDKs as OTEL_EXPORTER_OTLP_HEADERS=x-api-key=KEY."
        }
        "unknown_key" => {
            "The client has a key that is not of this server: give it one that `tracemeter keys new NAME` makes."
        }
        "revoked_key" => "The client still has a key that was revoked: give it another one.",
        "rotated_key" => "The client still has the key from before it was rotated: give it the new one.",
        "api_token" => "The client has a token for the API: give it an ingest key, which begins with tm_ingest_.",
        "other_key" => "The client's key is for other signals: make one that is for these as well.",
        "too_large" => "Send smaller batches, or raise receive.max_request_bytes.",
        "full" => "There is no room on the disk: see Health.",
        "busy" => "Too much came at once; the client sends it again by itself.",
        _ => return None,
    })
}
