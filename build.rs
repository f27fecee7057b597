//! Compiles `proto/` into Rust. protox is a pure Rust compiler, so no `protoc` is needed.

use std::fmt::Write as _;
use std::path::PathBuf;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    println!("cargo:rerun-if-changed=proto");
    // rust-embed reads the folder at compile time; without this line a new web build is not noticed.
    println!("cargo:rerun-if-changed=web/dist");
    let set = protox::compile(["otlp.proto", "otlp_service.proto"], ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    // Included by `src/model/otlp/json.rs`.
    std::fs::write(out.join("otlp_json.rs"), json_readers(&set.file)?)?;
    // Included by `src/model/otlp/wire.rs`.
    std::fs::write(out.join("otlp_shapes.rs"), shapes(&set.file)?)?;
    // Becomes `tracemeter.otlp.rs`, included by `src/model/otlp.rs`.
    tonic_prost_build::configure()
        .build_client(false)
        .build_server(false)
        // Ids and bytes share the request buffer instead of one allocation each.
        .bytes(".")
        // Nearly always absent: eight bytes in each message instead of its size.
        .boxed("unknown")
        .compile_fds(set)?;
    pack_relocations()?;
    order_functions()
}

/// A position-independent DuckDB has 118,000 places that are filled in when the program starts. Packed they take 2.6 MiB
/// less of the binary. glibc understands that from 2.36 (Debian 12) on.
fn pack_relocations() -> Outcome {
    if (std::env::var("CARGO_CFG_TARGET_OS")?, std::env::var("CARGO_CFG_TARGET_ENV")?) == ("linux".into(), "gnu".into())
    {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    Ok(())
}

/// Of 45 MiB of DuckDB a server runs 5, which lie all over it, and the kernel maps 64 KiB around whatever is touched. Laid
/// side by side they are what is in memory. `packaging/functions.sh` writes the list. Only of lld, which rustc takes by
/// itself on this target, and only for what is published.
fn order_functions() -> Outcome {
    println!("cargo:rerun-if-changed=packaging/functions.gz");
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    let flags = set("CARGO_ENCODED_RUSTFLAGS");
    let other_linker = !set("RUSTC_LINKER").is_empty() || flags.contains("linker") || flags.contains("fuse-ld");
    if set("TARGET") != "x86_64-unknown-linux-gnu" || set("PROFILE") != "release" || other_linker {
        return Ok(());
    }
    let packed = std::fs::File::open("packaging/functions.gz")?;
    let list = PathBuf::from(std::env::var("OUT_DIR")?).join("functions.txt");
    std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut std::fs::File::create(&list)?)?;
    println!("cargo:rustc-link-arg-bins=-Wl,--symbol-ordering-file={}", list.display());
    // Names that this DuckDB does not have, or has inlined.
    println!("cargo:rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    // Where each function lies, which packaging/functions.sh asks for.
    println!("cargo:rerun-if-env-changed=TRACEMETER_LINK_MAP");
    if let Ok(map) = std::env::var("TRACEMETER_LINK_MAP") {
        println!("cargo:rustc-link-arg-bins=-Wl,-Map={map}");
    }
    Ok(())
}

/// For each message what its JSON keys mean (`impl Object`), for each enum its names (`impl Named`).
///
/// serde's derive cannot do it: it reads a oneof through a buffered copy of the whole object, and
/// knows neither hex ids nor 64-bit numbers in quotes.
fn json_readers(files: &[FileDescriptorProto]) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    for file in files.iter().filter(|file| file.name() == "otlp.proto") {
        for message in file.message_type.iter().filter(|message| !is_ours(message)) {
            object(&mut code, message)?;
        }
        for enumeration in &file.enum_type {
            let name = enumeration.name();
            writeln!(code, "impl Named for otlp::{name} {{")?;
            writeln!(code, "    fn number(name: &str) -> Option<i32> {{")?;
            writeln!(code, "        Self::from_str_name(name).map(|value| value as i32)\n    }}\n}}")?;
        }
    }
    Ok(code)
}

/// The field in which unknown fields are kept; no client may set it.
const OURS: i32 = 20_151;

/// `Unknown` and what is in it.
fn is_ours(message: &DescriptorProto) -> bool {
    message.name().starts_with("Unknown")
}

/// `Shape`, which says for every message which fields it has, and which of them are messages.
fn shapes(files: &[FileDescriptorProto]) -> Result<String, std::fmt::Error> {
    let messages = || {
        let files = files.iter().filter(|file| file.name() == "otlp.proto");
        files.flat_map(|file| &file.message_type).filter(|message| !is_ours(message))
    };
    let mut code =
        String::from("/// A message of OTLP.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum Shape {\n");
    messages().try_for_each(|message| writeln!(code, "    {},", message.name()))?;
    writeln!(code, "}}\n\nimpl Shape {{")?;
    writeln!(code, "    /// What a field of this number holds; `None` when there is none.")?;
    writeln!(code, "    pub fn field(self, number: u32) -> Option<Holds> {{\n        Some(match self {{")?;
    for message in messages() {
        write!(code, "            Self::{} => match number {{ ", message.name())?;
        for field in message.field.iter().filter(|field| field.number() != OURS) {
            let holds = match field.r#type() {
                Type::Message => format!("Message(Self::{})", field.type_name().rsplit('.').next().unwrap_or_default()),
                _ => "Plain".into(),
            };
            write!(code, "{} => Holds::{holds}, ", field.number())?;
        }
        writeln!(code, "_ => return None }},")?;
    }
    writeln!(code, "        }})\n    }}")?;
    writeln!(code, "\n    /// Whether messages of this kind carry unknown fields, their own and of what is in them.")?;
    writeln!(code, "    pub fn carries(self) -> bool {{\n        matches!(self, ")?;
    let carriers = messages().filter(|message| message.field.iter().any(|field| field.number() == OURS));
    let names: Vec<String> = carriers.map(|message| format!("Self::{}", message.name())).collect();
    writeln!(code, "{})\n    }}\n}}", names.join(" | "))?;
    Ok(code)
}

fn object(code: &mut String, message: &DescriptorProto) -> std::fmt::Result {
    let name = message.name();
    writeln!(code, "impl Object for otlp::{name} {{\n    const NAME: &'static str = \"{name}\";")?;
    writeln!(
        code,
        "    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, from: &mut A) -> Result<bool, A::Error> {{"
    )?;
    writeln!(code, "        match key {{")?;
    for field in message.field.iter().filter(|field| field.number() != OURS) {
        let (snake, camel) = (field.name(), field.json_name());
        let keys = if snake == camel { format!("{camel:?}") } else { format!("{camel:?} | {snake:?}") };
        let reader = reader(field);
        let rust = if snake == "type" { "r#type" } else { snake };
        let plain_oneof = field.oneof_index.filter(|_| !field.proto3_optional());
        if let Some(index) = plain_oneof {
            let oneof = message.oneof_decl[index as usize].name();
            let variant = format!("otlp::{}::{}::{}", lower_snake(name), upper_camel(oneof), upper_camel(snake));
            writeln!(code, "            {keys} => one_of::<{reader}, _, _>(from, &mut self.{oneof}, {variant})?,")?;
        } else if field.label() == Label::Repeated {
            writeln!(
                code,
                "            {keys} => self.{rust} = value::<List<{reader}>, _>(from)?.unwrap_or_default(),"
            )?;
        } else if field.proto3_optional() || field.r#type() == Type::Message {
            writeln!(code, "            {keys} => self.{rust} = value::<{reader}, _>(from)?,")?;
        } else {
            writeln!(code, "            {keys} => self.{rust} = value::<{reader}, _>(from)?.unwrap_or_default(),")?;
        }
    }
    writeln!(code, "            _ => return Ok(false),\n        }}\n        Ok(true)\n    }}\n}}")
}

/// The type of `src/model/otlp/json.rs` that reads one value of this field.
fn reader(field: &FieldDescriptorProto) -> String {
    let named = field.type_name().rsplit('.').next().unwrap_or_default();
    match field.r#type() {
        Type::Message => format!("Message<otlp::{named}>"),
        Type::Enum => format!("Enumeration<otlp::{named}>"),
        Type::String => "Text".into(),
        Type::Bool => "Flag".into(),
        Type::Double | Type::Float => "Double".into(),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => "Integer<i64>".into(),
        Type::Uint64 | Type::Fixed64 => "Integer<u64>".into(),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => "Integer<i32>".into(),
        Type::Uint32 | Type::Fixed32 => "Integer<u32>".into(),
        Type::Bytes if field.name() == "trace_id" => "Id<16>".into(),
        Type::Bytes if field.name().ends_with("span_id") => "Id<8>".into(),
        Type::Bytes => "Base64".into(),
        Type::Group => unreachable!("proto3 has no groups"),
    }
}

/// `number_data_point` for `NumberDataPoint`: how prost names the module of a message's oneofs.
fn lower_snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `StringValue` for `string_value`: how prost names a variant.
fn upper_camel(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
