//! What keys of providers and services look like.
//!
//! Prefixes, alphabets and lengths are facts that the providers document or show in their consoles; where they do not,
//! they are those of the rules of gitleaks (MIT licence). Keys without a look of their own (Mistral, Cohere, older ones
//! of Azure) are known by the field that they stand in.

use crate::config::DetectorKind;

/// How a prefix leads to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// It is the secret's own beginning.
    Own,
    /// It stands in the middle of the secret, behind so many characters of the alphabet.
    Middle(usize),
    /// The secret follows immediately: the path of a webhook.
    After,
    /// The secret follows after some white space: `Bearer <token>`.
    Word,
    /// The secret is the value of this field, in whatever notation: `"Authorization": "..."`, `AWS_SECRET...=...`.
    Field,
    /// A block up to its last line: PEM.
    Block,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Looks {
    pub name: &'static str,
    pub prefix: &'static str,
    pub lead: Lead,
    pub alphabet: fn(u8) -> bool,
    /// Fewest characters after the prefix.
    pub min: usize,
    pub likely: fn(&[u8]) -> bool,
}

impl Looks {
    /// Which switch it hangs on.
    pub(super) fn kind(&self) -> DetectorKind {
        match self.name {
            "jwt" => DetectorKind::Jwt,
            "pem" => DetectorKind::Pem,
            _ => DetectorKind::ApiKey,
        }
    }

    /// Whether case matters.
    pub(super) fn is_exact(&self) -> bool {
        !matches!(self.lead, Lead::Word | Lead::Field)
    }
}

const fn own(name: &'static str, prefix: &'static str, alphabet: fn(u8) -> bool, min: usize) -> Looks {
    Looks { name, prefix, lead: Lead::Own, alphabet, min, likely: has_digit }
}

/// One whose prefix is long enough to need no digit behind it.
const fn sure(name: &'static str, prefix: &'static str, alphabet: fn(u8) -> bool, min: usize) -> Looks {
    Looks { likely: any, ..own(name, prefix, alphabet, min) }
}

pub(super) const LOOKS: &[Looks] = &[
    // OpenAI, and those who make keys like it: DeepSeek, LiteLLM, Moonshot.
    Looks { likely: like_openai, ..own("openai-api-key", "sk-", word, 20) },
    own("openai-api-key", "sk-proj-", word, 20),
    own("openai-api-key", "sk-svcacct-", word, 20),
    own("openai-api-key", "sk-admin-", word, 20),
    own("anthropic-api-key", "sk-ant-", word, 20),
    own("openrouter-api-key", "sk-or-", word, 20),
    own("langfuse-secret-key", "sk-lf-", word, 20),
    own("cerebras-api-key", "csk-", alphanumeric, 40),
    own("groq-api-key", "gsk_", alphanumeric, 20),
    own("xai-api-key", "xai-", word, 20),
    own("perplexity-api-key", "pplx-", alphanumeric, 20),
    own("fireworks-api-key", "fw_", alphanumeric, 20),
    own("together-api-key", "tgp_v1_", word, 30),
    own("nvidia-api-key", "nvapi-", word, 40),
    own("tavily-api-key", "tvly-", word, 20),
    own("jina-api-key", "jina_", word, 30),
    own("pinecone-api-key", "pcsk_", word, 40),
    own("langsmith-api-key", "lsv2_", word, 30),
    own("replicate-token", "r8_", alphanumeric, 30),
    sure("huggingface-token", "hf_", alphanumeric, 30),
    sure("huggingface-token", "api_org_", alphanumeric, 30),
    // Azure: the marker within keys that are made to be found (Microsoft, common annotated security keys).
    Looks { lead: Lead::Middle(52), ..sure("azure-api-key", "JQQJ9", base64, 20) },
    sure("google-api-key", "AIza", word, 35),
    own("google-oauth-token", "ya29.", word_or_dot, 30),
    own("google-oauth-token", "1//0", word, 40),
    sure("google-oauth-secret", "GOCSPX-", word, 20),
    Looks { likely: is_aws_id, ..own("aws-access-key-id", "AKIA", alphanumeric, 16) },
    Looks { likely: is_aws_id, ..own("aws-access-key-id", "ASIA", alphanumeric, 16) },
    own("aws-bedrock-api-key", "ABSK", base64, 100),
    own("aws-bedrock-api-key", "bedrock-api-key-", base64, 100),
    sure("github-token", "ghp_", alphanumeric, 36),
    sure("github-token", "gho_", alphanumeric, 36),
    sure("github-token", "ghu_", alphanumeric, 36),
    sure("github-token", "ghs_", alphanumeric, 36),
    sure("github-token", "ghr_", alphanumeric, 36),
    own("github-token", "github_pat_", word, 22),
    own("gitlab-token", "glpat-", word_or_dot, 20),
    own("gitlab-token", "gldt-", word, 20),
    own("gitlab-token", "glrt-", word, 20),
    own("gitlab-token", "glptt-", word, 20),
    own("gitlab-token", "glcbt-", word, 20),
    sure("npm-token", "npm_", alphanumeric, 36),
    own("pypi-token", "pypi-AgE", word, 50),
    own("docker-token", "dckr_pat_", word, 20),
    own("docker-token", "dckr_oat_", word, 20),
    own("stripe-api-key", "sk_live_", alphanumeric, 16),
    own("stripe-api-key", "sk_test_", alphanumeric, 16),
    own("stripe-api-key", "rk_live_", alphanumeric, 16),
    own("stripe-api-key", "rk_test_", alphanumeric, 16),
    own("webhook-secret", "whsec_", base64, 24),
    own("slack-token", "xoxa-", word, 10),
    own("slack-token", "xoxb-", word, 10),
    own("slack-token", "xoxe-", word, 10),
    own("slack-token", "xoxp-", word, 10),
    own("slack-token", "xoxr-", word, 10),
    own("slack-token", "xoxs-", word, 10),
    own("slack-token", "xapp-1-", word, 20),
    Looks { lead: Lead::After, ..own("slack-webhook", "hooks.slack.com/services/", path, 30) },
    Looks { lead: Lead::After, ..own("discord-webhook", "/api/webhooks/", path, 60) },
    // `<number of the bot>:AA...`
    Looks { lead: Lead::Middle(8), ..sure("telegram-bot-token", ":AA", word, 32) },
    own("sendgrid-api-key", "SG.", word_or_dot, 60),
    own("digitalocean-token", "dop_v1_", alphanumeric, 60),
    own("digitalocean-token", "doo_v1_", alphanumeric, 60),
    own("digitalocean-token", "dor_v1_", alphanumeric, 60),
    own("vault-token", "hvs.", word, 24),
    own("vault-token", "hvb.", word, 24),
    own("vault-token", "hvr.", word, 24),
    own("grafana-token", "glsa_", word, 30),
    own("grafana-token", "glc_", base64, 30),
    own("tailscale-key", "tskey-", word, 20),
    sure("age-secret-key", "AGE-SECRET-KEY-1", alphanumeric, 50),
    own("notion-token", "ntn_", alphanumeric, 40),
    own("linear-api-key", "lin_api_", alphanumeric, 30),
    own("shopify-token", "shpat_", alphanumeric, 30),
    own("postman-api-key", "PMAK-", word, 50),
    own("databricks-token", "dapi", alphanumeric, 32),
    own("atlassian-token", "ATATT3", word_or_equals, 60),
    Looks { lead: Lead::After, ..own("proxmox-api-token", "PVEAPIToken=", proxmox, 30) },
    Looks { likely: is_jwt, ..own("jwt", "eyJ", word_or_dot, 20) },
    Looks { lead: Lead::Block, ..sure("pem", "-----BEGIN ", any_byte, 0) },
    Looks { lead: Lead::Word, likely: is_mixed, ..own("bearer-token", "bearer", token, 16) },
    Looks { lead: Lead::Field, likely: is_mixed, ..own("authorization", "authorization", token, 16) },
    Looks { lead: Lead::Field, likely: is_aws_secret, ..own("aws-secret-access-key", "secret_access_key", base64, 40) },
    Looks { lead: Lead::Field, likely: is_aws_secret, ..own("aws-secret-access-key", "secretaccesskey", base64, 40) },
    Looks { lead: Lead::Field, likely: is_mixed, ..own("aws-session-token", "session_token", base64, 100) },
    Looks { lead: Lead::Field, likely: is_mixed, ..own("aws-session-token", "sessiontoken", base64, 100) },
    Looks { lead: Lead::Field, likely: like_key, ..own("api-key", "api_key", word, 20) },
    Looks { lead: Lead::Field, likely: like_key, ..own("api-key", "api-key", word, 20) },
    Looks { lead: Lead::Field, likely: like_key, ..own("api-key", "apikey", word, 20) },
    Looks { lead: Lead::Field, likely: like_key, ..own("client-secret", "client_secret", token, 20) },
    Looks { lead: Lead::Field, likely: like_key, ..own("client-secret", "clientsecret", token, 20) },
    Looks { lead: Lead::Field, likely: is_mixed, ..own("azure-storage-key", "accountkey", base64, 80) },
];

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn word_or_dot(byte: u8) -> bool {
    word(byte) || byte == b'.'
}

fn word_or_equals(byte: u8) -> bool {
    word(byte) || byte == b'='
}

fn path(byte: u8) -> bool {
    word(byte) || byte == b'/'
}

/// `user@realm!name=uuid`.
fn proxmox(byte: u8) -> bool {
    word(byte) || matches!(byte, b'.' | b'@' | b'!' | b'=')
}

fn base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// `token68` of RFC 9110: what may follow a scheme.
fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

fn any_byte(_: u8) -> bool {
    true
}

fn any(_: &[u8]) -> bool {
    true
}

pub(super) fn has_digit(tail: &[u8]) -> bool {
    tail.iter().any(u8::is_ascii_digit)
}

/// Letters and digits, or the padding of base64, or case as words do not have it.
pub(super) fn is_mixed(tail: &[u8]) -> bool {
    let letter = tail.iter().any(u8::is_ascii_alphabetic);
    let inner_capital = tail.iter().skip(1).any(u8::is_ascii_uppercase) && tail.iter().any(u8::is_ascii_lowercase);
    letter && (has_digit(tail) || tail.ends_with(b"=") || inner_capital)
}

/// A value as keys are: letters and at least three digits, no words joined by `_` and `-`, no name of a placeholder.
fn like_key(tail: &[u8]) -> bool {
    let digits = tail.iter().filter(|byte| byte.is_ascii_digit()).count();
    let longest = tail.split(|byte| !byte.is_ascii_alphanumeric()).map(<[u8]>::len).max().unwrap_or(0);
    digits >= 3 && longest >= 8 && tail.iter().any(u8::is_ascii_alphabetic)
}

/// `sk-` alone is also how many words end. A key has a long unbroken run of letters and digits, or, as the keys of
/// LiteLLM with their 22 characters of URL-safe base64, all three kinds and few breaks.
fn like_openai(tail: &[u8]) -> bool {
    let mut runs = tail.split(|byte| !byte.is_ascii_alphanumeric());
    let breaks = tail.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let all_kinds =
        has_digit(tail) && tail.iter().any(u8::is_ascii_lowercase) && tail.iter().any(u8::is_ascii_uppercase);
    (all_kinds && breaks <= 3)
        || runs.any(|run| run.len() >= 20 && has_digit(run) && run.iter().any(u8::is_ascii_alphabetic))
}

/// Exactly 16 capitals and digits: the alphabet of the run says where it ends, so a longer run is something else.
fn is_aws_id(tail: &[u8]) -> bool {
    tail.len() == 16 && tail.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_aws_secret(tail: &[u8]) -> bool {
    tail.len() >= 40 && is_mixed(tail)
}

/// What follows `eyJ`, the base64 of `{"`: header, claims, signature (RFC 7515), or the five parts of an encrypted
/// one (RFC 7516). The signature may be missing, as with `"alg": "none"`.
fn is_jwt(tail: &[u8]) -> bool {
    let mut parts = tail.split(|byte| *byte == b'.');
    let header = parts.next().unwrap_or_default();
    let claims = parts.next().unwrap_or_default();
    // A claim set is a JSON object as well; of an encrypted token this part is the key, which may be empty.
    header.len() >= 10
        && match parts.count() {
            1 => claims.starts_with(b"eyJ") || claims.starts_with(b"e30"),
            3 => true,
            _ => false,
        }
}
