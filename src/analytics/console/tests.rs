use duckdb::Connection;
use serde_json::json;

use super::*;
use crate::analytics::sql;

/// The stored tables, empty but for one call.
fn database() -> Connection {
    let connection = Connection::open_in_memory().expect("opens");
    let all = format!("ATTACH ':memory:' AS {0}; USE {0}; {1}", database::NAME, sql::schema());
    connection.execute_batch(&all).expect("tables are made");
    connection
        .execute_batch(
            "INSERT INTO span BY NAME SELECT 1767225600123456789 AS start_ns, 5::UHUGEINT AS trace_id, 7::UBIGINT AS span_id, \
             1500000 AS duration_ns, 'chat' AS name, 'chat' AS operation, 'm' AS model, true AS counted, 42 AS cost_nano, \
             ['a', 'b'] AS tags",
        )
        .expect("a call is stored");
    connection
}

fn asked(statement: &str) -> Result<SqlAnswer, Fault> {
    asked_for(statement, 100)
}

fn asked_for(statement: &str, most_rows: usize) -> Result<SqlAnswer, Fault> {
    let connection = database();
    let another = connection.try_clone().expect("one more connection");
    let question = SqlQuestion {
        statement: statement.to_owned(),
        since: UnixNanos(1_767_225_600_000_000_000),
        until: UnixNanos(1_767_225_601_000_000_000),
        most_rows,
        most_bytes: 1 << 20,
    };
    let answer = run(&another, &question);
    let left: i64 = connection.query_row("SELECT count(*) FROM span", [], |row| row.get(0)).expect("still there");
    assert_eq!(left, 1, "{statement}");
    answer
}

#[test]
fn tables_have_readable_values() {
    let answer = asked(
        "SELECT start_time, start_ns, trace_id, span_id, duration_ms, cost_usd, tags, tokens FROM calls \
         WHERE start_time >= $since AND start_time < $until",
    )
    .expect("answered");
    let kinds: Vec<&str> = answer.columns.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["timestamp", "integer", "text", "text", "number", "number", "list", "integer"]);
    let trace = format!("{:032x}", 5);
    let row = json!([
        "2026-01-01T00:00:00.123456789Z",
        "1767225600123456789",
        trace,
        "0000000000000007",
        1.5,
        4.2e-8,
        ["a", "b"],
        null
    ]);
    assert_eq!(json!(answer.rows), json!([row]));
}

#[test]
fn every_type_is_shown_exactly_or_refused() {
    let answer = asked(
        "SELECT 9007199254740993, 170141183460469231731687303715884105727::HUGEINT, 1.5, 0.1::DOUBLE, 'NaN'::DOUBLE, true, \
         DATE '2026-11-20', DATE '9999-12-31', TIME '10:00:00.5', TIMESTAMP '2026-11-20 12:00:00', INTERVAL 1 DAY, \
         {'a': 1, 'b': [2]}, MAP {'k': 2}, 'x'::ENUM('x', 'y'), '\\x00\\xff'::BLOB, NULL, '{\"a\":1}'::JSON, \
         array_value(1, 2), 3::UTINYINT, uuid() IS NULL",
    )
    .expect("answered");
    let row = json!([
        "9007199254740993", "170141183460469231731687303715884105727", 1.5, 0.1, "NaN", true,
        "2026-11-20", "9999-12-31", "10:00:00.500000", "2026-11-20T12:00:00Z", "0 months 1 days 0 s",
        {"a": 1, "b": [2]}, {"k": 2}, "x", "00ff", null, "{\"a\":1}", [1, 2], 3, false
    ]);
    assert_eq!(json!(answer.rows[0]), row);
    let bit = asked("SELECT union_value(a := 1)").expect_err("no form for it");
    assert!(bit.hint.contains("VARCHAR"), "{bit:?}");
}

#[test]
fn whatever_does_more_than_ask_is_refused() {
    let attacks = [
        "COPY calls TO '/tmp/x.csv'",
        "COPY (SELECT 1) TO 'x.parquet'",
        "ATTACH 'x.duckdb' AS x",
        "DETACH analytics",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET enable_external_access = true",
        "RESET threads",
        "SET threads = 64",
        "SET VARIABLE a = 1",
        "DELETE FROM analytics.main.span",
        "UPDATE analytics.main.span SET name = ''",
        "INSERT INTO analytics.main.loaded VALUES (1, 1, 1)",
        "CREATE TABLE x (i INT)",
        "CREATE TEMP TABLE x (i INT)",
        "CREATE MACRO m() AS 1",
        "DROP TABLE analytics.main.span",
        "ALTER TABLE analytics.main.span DROP COLUMN name",
        "TRUNCATE analytics.main.span",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "COMMIT",
        "ROLLBACK; DELETE FROM span",
        "USE analytics",
        "EXPORT DATABASE 'x'",
        "IMPORT DATABASE 'x'",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE DELETE FROM analytics.main.span",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE span",
        "",
        "WITH gone AS (DELETE FROM analytics.main.span RETURNING *) SELECT * FROM gone",
        "WITH gone AS (UPDATE analytics.main.span SET name = '' RETURNING *) SELECT * FROM gone",
        "WITH more AS (INSERT INTO analytics.main.loaded VALUES (1, 1, 1) RETURNING *) SELECT * FROM more",
        "SELECT (WITH gone AS (DELETE FROM analytics.main.span RETURNING *) SELECT count(*) FROM gone)",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "FROM read_blob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/hosts.csv\"",
        "FROM glob('/*')",
        "FROM parquet_scan('x')",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "FROM read_json('https://example.org/x')",
        "FROM sniff_csv('x')",
        "FROM query('DELETE FROM analytics.main.span')",
        "FROM query_table('span')",
        "SELECT getenv('HOME')",
        "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "SELECT write_log('x')",
        "SELECT sleep_ms(5)",
        "SELECT current_setting('temp_directory')",
        "SELECT getvariable('x')",
        "SELECT nextval('x')",
        "FROM duckdb_settings()",
        "FROM duckdb_secrets()",
        "FROM pragma_database_size()",
        "FROM duckdb_tables",
        "FROM analytics.main.loaded",
        "FROM loaded",
        "FROM span",
        "FROM analytics.span",
        "FROM information_schema.tables",
        "FROM sqlite_master",
        "FROM pg_catalog.pg_class",
        "SHOW TABLES",
        "SHOW ALL TABLES",
        "SHOW DATABASES",
        "WITH \"/etc/passwd\" AS (SELECT 1) FROM \"/etc/passwd\"",
        "SELECT * FROM calls, LATERAL (FROM read_text(calls.name))",
        "SELECT * FROM calls WHERE name IN (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT * FROM calls UNION ALL BY NAME FROM read_csv('/etc/passwd')",
        "VALUES ((SELECT content FROM read_text('x')))",
        "SELECT [x FOR x IN (SELECT list(content) FROM read_text('/etc/passwd'))]",
        "FROM pg_sleep(1)",
        "SELECT pg_sleep(1)",
        "SUMMARIZE analytics.main.span",
        "DESCRIBE read_csv('/etc/passwd')",
        "PIVOT calls ON model",
        "SELECT $other",
    ];
    for attack in attacks {
        let fault = asked(attack).expect_err(attack);
        assert!(!fault.message.is_empty() && !fault.hint.is_empty(), "{attack}: {fault:?}");
        assert!(!fault.message.contains("root:"), "{attack}: {fault:?}");
    }
}

#[test]
fn what_only_asks_is_answered() {
    let fine = [
        "FROM calls",
        "SELECT count(*) FROM traces;",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) FROM t",
        "VALUES (1), (2)",
        "SELECT * FROM range(3)",
        "DESCRIBE calls",
        "SUMMARIZE calls",
        "SELECT model, count(*) FROM calls GROUP BY ALL",
        "SELECT unnest(tags) FROM calls",
        "FROM spans s JOIN calls c USING (span_id)",
        "TABLE logs -- the end",
        "SELECT date_trunc('hour', start_time), quantile_cont(duration_ms, 0.95) FROM calls GROUP BY 1",
        "SELECT attributes ->> '$.a' FROM logs",
        "FROM metrics",
        "SELECT rank() OVER (ORDER BY cost_usd) FROM calls",
        "SELECT * FROM calls UNION ALL SELECT * FROM calls",
        "SELECT random() < 2",
        "FROM CALLS",
        "SELECT ';'",
    ];
    for statement in fine {
        let answer = asked(statement);
        assert!(answer.is_ok(), "{statement}: {answer:?}");
    }
}

#[test]
fn faults_say_where() {
    let place = |statement: &str| asked(statement).expect_err(statement).position;
    assert_eq!(place("SELECT 'ä', nothing FROM calls"), Some(13));
    assert_eq!(place("SELEC 1"), Some(0));
    assert_eq!(place("SELECT * FROM nowhere"), Some(14));
    assert_eq!(place("SELECT 1, getenv('HOME')"), Some(10));
    assert_eq!(
        asked("SELECT nothing FROM calls")
            .expect_err("no column")
            .message
            .lines()
            .next()
            .map(|line| line.contains("nothing")),
        Some(true)
    );
}

#[test]
fn rows_and_bytes_are_bounded() {
    let answer = asked_for("FROM range(10)", 3).expect("answered");
    assert_eq!((answer.rows.len(), answer.truncated), (3, true));
    let all = asked_for("FROM range(3)", 3).expect("answered");
    assert_eq!((all.rows.len(), all.truncated), (3, false));
    let wide = asked("SELECT repeat('x', 600000) FROM range(5)").expect("answered");
    assert_eq!((wide.rows.len(), wide.truncated), (1, true));
}

/// The parser's judgement is one wall; behind it a transaction that writes fails, too.
#[test]
fn the_transaction_cannot_write() {
    let connection = database();
    prepare(&connection).expect("prepared");
    connection.execute_batch("BEGIN TRANSACTION READ ONLY").expect("begun");
    let error = connection.execute_batch("DELETE FROM analytics.main.span").expect_err("read only");
    assert!(error.to_string().contains("read-only"), "{error}");
}

/// A function with effects that a newer DuckDB brings must be looked at before it is let in.
#[test]
fn functions_with_effects_are_known() {
    const HARMLESS: [&str; 6] = ["error", "gen_random_uuid", "random", "uuid", "uuidv4", "uuidv7"];
    let connection = database();
    let mut statement = connection
        .prepare(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro') \
             AND (stability = 'VOLATILE' OR has_side_effects)",
        )
        .expect("prepared");
    let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("asked");
    let names: Vec<String> = names.map(|name| name.expect("a name")).collect();
    assert!(names.len() > 5, "{names:?}");
    let unknown: Vec<_> =
        names.iter().filter(|name| !judge::is_forbidden(name) && !HARMLESS.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
