//! Passwords: Argon2id with 19 MiB and two passes, as OWASP's cheat sheet on storing passwords advises.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::Error;
use crate::registry;

/// NIST SP 800-63B-4 wants fifteen for a password that stands alone and is not limited; here attempts are.
const LEAST: usize = 10;

/// Bytes: nobody types more, and hashing takes longer the more there are.
const MOST: usize = 1024;

/// Of a name.
const MOST_NAME: usize = 60;

/// # Errors
/// What is wrong with a name or a password that somebody chose.
pub(super) fn check(name: &str, password: &str) -> Result<(), Error> {
    if !(1..=MOST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::Choice("a name has 1 to 60 characters"));
    }
    if password.chars().count() < LEAST {
        return Err(Error::Choice("a password has 10 characters or more: a sentence is best"));
    }
    if password.len() > MOST {
        return Err(Error::Choice("a password has 1024 bytes at most"));
    }
    let same = password.chars().next().is_some_and(|first| password.chars().all(|c| c == first));
    if same || password.eq_ignore_ascii_case(name) {
        return Err(Error::Choice("this password is the first one that somebody would try: choose another"));
    }
    Ok(())
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| Error::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// In the PHC form, with a salt of its own. Takes some 20 ms.
///
/// # Errors
/// When the system gives no randomness.
pub(super) fn hash(password: &str) -> Result<String, Error> {
    let salt: [u8; 16] = registry::random().map_err(registry::Error::Random)?;
    let hash: PasswordHash = argon2()?
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Error::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that was hashed.
pub(super) fn fits(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    password.len() <= MOST && argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_with_its_salt_and_fits_one_password() {
        let (one, other) = (hash("correct horse").expect("hashed"), hash("correct horse").expect("hashed"));
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(fits("correct horse", &one) && fits("correct horse", &other));
        assert!(!fits("Correct horse", &one) && !fits("", &one) && !fits("correct horse", "plain"));
    }

    #[test]
    fn what_is_too_weak_is_told() {
        check("anna", "ten letters").expect("enough");
        for (name, password) in [
            ("", "ten letters"),
            ("anna", "nine char"),
            ("anna", "aaaaaaaaaaaa"),
            ("anna-of-the-lab", "Anna-of-the-lab"),
        ] {
            assert!(matches!(check(name, password), Err(Error::Choice(_))), "{name} {password}");
        }
        assert!(check("anna", &"ab".repeat(600)).is_err());
    }
}
