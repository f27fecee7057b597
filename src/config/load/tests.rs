use super::*;

fn from_file(text: &str) -> Result<Config, Error> {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("tracemeter.toml");
    std::fs::write(&path, text).expect("write");
    load(Some(&path), &Overrides::default())
}

fn only_fault(text: &str) -> String {
    let error = from_file(text).expect_err("must be refused");
    assert_eq!(error.faults.len(), 1, "{error}");
    let fault = error.faults[0].clone();
    assert!(fault.contains("tracemeter.toml: "), "the file is named: {fault}");
    fault.split_once("tracemeter.toml: ").expect("just seen").1.to_owned()
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(load(None, &Overrides::default()).expect("valid"), Config::default());
}

#[test]
fn a_file_overrides_defaults_and_flags_override_the_file() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("t.toml");
    std::fs::write(&path, "data_dir = \"/a\"\n[receive]\ngrpc = \"127.0.0.1:0\"\n").expect("write");
    let overrides = Overrides { data_dir: Some("/b".into()) };
    let config = load(Some(&path), &overrides).expect("valid");
    assert_eq!(config.data_dir, PathBuf::from("/b"));
    assert_eq!(config.receive.grpc.port(), 0);
    assert_eq!(config.receive.http.port(), 4318);
}

#[test]
fn unknown_keys_name_their_place_and_a_likely_remedy() {
    let fault = only_fault("[receive]\ngrcp = \"127.0.0.1:1\"\n");
    assert!(fault.contains("unknown key \"grcp\""), "{fault}");
    assert!(fault.contains("did you mean grpc?"), "{fault}");
}

#[test]
fn bad_values_name_the_key_and_what_to_write() {
    let fault = only_fault("[analytics]\nthreads = \"many\"\n");
    assert!(fault.starts_with("analytics.threads: "), "{fault}");
    assert!(fault.contains("write u32 instead"), "{fault}");
}

#[test]
fn networks_and_the_login_of_a_proxy_are_read() {
    let text = "[web]\nlisten = \"0.0.0.0:4319\"\ntrusted_proxies = [\"10.0.0.2\"]\n\
                [web.forward_auth]\nheader = \"Remote-User\"\nnetworks = [\"10.0.0.0/8\"]\n";
    let web = from_file(text).expect("valid").web;
    assert!(web.trusted_proxies[0].contains("10.0.0.2".parse().expect("an address")));
    assert_eq!(web.forward_auth.expect("read").header, "Remote-User");
    let fault = only_fault("[web]\ntrusted_proxies = [\"lan\"]\n");
    assert!(fault.contains("is no network"), "{fault}");
}

#[test]
fn a_missing_file_is_an_error() {
    let error = load(Some(Path::new("/nowhere/t.toml")), &Overrides::default()).expect_err("missing");
    assert!(error.to_string().contains("/nowhere/t.toml"), "{error}");
}

#[test]
fn all_faults_are_told_at_once() {
    let error = from_file("[journal]\nchunk_bytes = 1\ncompression_level = 99\ncalm_compression_level = 0\n")
        .expect_err("three faults");
    assert_eq!(error.faults.len(), 3, "{error}");
}
