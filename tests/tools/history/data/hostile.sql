SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_csv_auto('/etc/passwd')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_blob('/etc/passwd')
SELECT * FROM read_parquet('/etc/passwd')
SELECT * FROM read_json('/etc/passwd')
SELECT * FROM parquet_scan('x.parquet')
SELECT * FROM sniff_csv('/etc/passwd')
SELECT * FROM glob('/*')
SELECT * FROM '/etc/passwd'
SELECT * FROM "/etc/passwd"
SELECT * FROM '../graph.json'
SELECT * FROM "history.csv"
SELECT * FROM history, '/etc/passwd'
SELECT * FROM history JOIN read_text('/etc/passwd') ON true
SELECT (SELECT content FROM read_text('/etc/passwd')) FROM history
SELECT id FROM history WHERE text IN (SELECT content FROM read_text('/etc/passwd'))
SELECT id FROM history WHERE EXISTS (FROM read_text('/etc/passwd'))
SELECT id FROM history ORDER BY (SELECT count(*) FROM glob('/*'))
SELECT id FROM history LIMIT (SELECT count(*) FROM glob('/*'))
SELECT count(*) OVER (ORDER BY (SELECT count(*) FROM glob('*'))) FROM history
SELECT id FROM history UNION SELECT content FROM read_text('/etc/passwd')
WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM a
WITH a AS (SELECT 1 AS x) SELECT * FROM a, LATERAL (SELECT * FROM glob('*')) AS g
SELECT getenv('HOME')
SELECT getvariable('x')
SELECT current_setting('home_directory')
SELECT current_database()
SELECT current_schema()
SELECT current_user
SELECT version()
SELECT * FROM pragma_database_list()
SELECT * FROM pragma_database_list
SELECT * FROM pragma_table_info('history_rows')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_tables()
SELECT * FROM duckdb_tables
SELECT * FROM duckdb_columns
SELECT * FROM information_schema.tables
SELECT * FROM pg_catalog.pg_tables
SELECT * FROM pg_tables
SELECT * FROM sqlite_master
SELECT * FROM history_rows
SELECT * FROM main.history_rows
SELECT * FROM temp.history
SELECT * FROM system.information_schema.tables
SELECT * FROM telemetry
SELECT * FROM twins
SELECT * FROM about
SELECT * FROM query('SELECT 1')
SELECT * FROM query_table('telemetry')
SELECT * FROM (VALUES (1)) AS t(a)
SELECT * FROM range(1000000000)
SELECT * FROM generate_series(1, 1000000000)
SELECT unnest(range(1000000000))
SELECT repeat('x', 1000000000)
SELECT format('{:>1000000000}', text) FROM history
SELECT printf('%1000000000s', text) FROM history
SELECT lpad(text, 1000000000, 'x') FROM history
SELECT list(text) FROM history
SELECT {'a': text} FROM history
SELECT [text] FROM history
SELECT map(['a'], [text]) FROM history
SELECT text[1] FROM history
SELECT list_transform([1], x -> x) FROM history
SELECT COLUMNS('.*') FROM history
SELECT COLUMNS(*) FROM history
SELECT * REPLACE (read_text('/etc/passwd') AS text) FROM history
SELECT * RENAME (text AS t) FROM history
SELECT * FROM history PIVOT (count(*) FOR kind IN ('note'))
PIVOT history ON kind USING count(*)
UNPIVOT history ON text INTO NAME n VALUE v
SELECT * FROM history TABLESAMPLE 10 PERCENT
SELECT * FROM history USING SAMPLE reservoir(10)
SELECT * FROM history ASOF JOIN history_rows b ON history.time >= b.time
SELECT * FROM history POSITIONAL JOIN history b
SELECT * FROM history AT (VERSION => 1)
SELECT * INTO x FROM history
SELECT * FROM history FOR UPDATE
SELECT nextval('seq')
SELECT setseed(0.5)
SELECT random()
SELECT uuid()
SELECT txid_current()
SELECT pg_sleep(10)
SELECT sleep_ms(10)
SELECT write_log('x')
SELECT system('ls')
SELECT shell('ls')
SELECT error('x')
SELECT load_extension('x')
SELECT json_serialize_sql('SELECT 1')
SELECT json_execute_serialized_sql('{}')
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
SELECT constant_or_null(1, text) FROM history
SELECT main.lower(text) FROM history
SELECT system.main.lower(text) FROM history
SELECT text.lower() FROM history
SELECT history.text.lower() FROM history
SELECT hash(text) FROM history
SELECT md5(text) FROM history
SELECT encode(text) FROM history
SELECT CAST(text AS BLOB) FROM history
SELECT CAST(text AS STRUCT(a INTEGER)) FROM history
SELECT CAST(text AS INTEGER[]) FROM history
SELECT CAST(text AS main.mytype) FROM history
SELECT CAST(text AS "read_text('/etc/passwd')") FROM history
SELECT $1 FROM history
SELECT ? FROM history
SELECT ?::VARCHAR FROM history
SELECT x'41' FROM history
SELECT 1 WHERE 1 = ANY (SELECT 1 FROM telemetry)
ATTACH '/tmp/x.db'
ATTACH ':memory:' AS m
DETACH main
USE main
COPY history TO '/tmp/x.csv'
COPY (SELECT * FROM history) TO '/tmp/x.csv'
COPY history FROM '/etc/passwd'
EXPORT DATABASE '/tmp/x'
IMPORT DATABASE '/tmp/x'
CREATE TABLE x AS SELECT * FROM history
CREATE TEMP VIEW history AS SELECT 1
CREATE MACRO lower(x) AS 1
CREATE SECRET (TYPE S3)
CREATE FUNCTION f(a) AS a
DROP VIEW history
DROP TABLE history_rows
ALTER TABLE history_rows ADD COLUMN x INTEGER
INSERT INTO history_rows SELECT * FROM history
UPDATE history_rows SET text = ''
DELETE FROM history_rows
TRUNCATE history_rows
MERGE INTO history_rows USING history ON true WHEN MATCHED THEN DELETE
INSTALL httpfs
LOAD httpfs
FORCE CHECKPOINT
CHECKPOINT
VACUUM
ANALYZE
SET memory_limit = '100GB'
SET enable_external_access = true
SET VARIABLE x = 1
RESET memory_limit
PRAGMA database_list
PRAGMA enable_profiling
CALL pragma_version()
PREPARE p AS SELECT 1
EXECUTE p
DEALLOCATE p
BEGIN TRANSACTION
COMMIT
EXPLAIN SELECT * FROM history
EXPLAIN ANALYZE SELECT * FROM history
DESCRIBE history
SUMMARIZE history
SHOW TABLES
SHOW ALL TABLES
SELECT 1; DROP VIEW history
SELECT 1; ATTACH 'x'
SELECT 1 /* ; */; COPY history TO 'x'
SELECT 1) AS asked; DROP VIEW history; SELECT * FROM (SELECT 1
SELECT 1) AS a, read_text('/etc/passwd') AS b, (SELECT 1
SELECT * FROM history WHERE text = '\'; DROP VIEW history; --'
SELECT E'\'; DROP VIEW history; --'
SELECT $$a$$ || (SELECT content FROM read_text('/etc/passwd'))
SELECT "a""; DROP VIEW history; --" FROM history
SELECT 1 AS "a"" FROM read_text('/etc/passwd') --"; SELECT 2
WITH "history_rows" AS (SELECT 1 AS x) SELECT * FROM history_rows
WITH x AS (DELETE FROM history_rows RETURNING *) SELECT * FROM x
WITH x AS (INSERT INTO history_rows SELECT * FROM history RETURNING *) SELECT * FROM x
WITH telemetry AS (SELECT 1 AS a) SELECT * FROM telemetry
WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT * FROM a
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r
WITH RECURSIVE r(n) USING KEY (n) AS (SELECT 1 UNION SELECT n + 1 FROM r) SELECT * FROM r
FROM read_text('/etc/passwd')
FROM '/etc/passwd' SELECT *
TABLE telemetry
VALUES (1)
(SELECT * FROM telemetry)
SELECT * FROM (FROM telemetry)
SELECT * FROM (DESCRIBE history)
SELECT * FROM (SHOW TABLES)
SELECT * FROM (SUMMARIZE history)
SELECT id FROM history WHERE (SELECT max(time) FROM telemetry) IS NULL
SELECT id FROM history GROUP BY (SELECT 1 FROM telemetry)
SELECT id FROM history QUALIFY row_number() OVER (ORDER BY (SELECT 1 FROM telemetry)) = 1
SELECT DISTINCT ON ((SELECT 1 FROM telemetry)) id FROM history
SELECT count(*) FILTER (WHERE (SELECT true FROM telemetry)) FROM history
SELECT CASE WHEN (SELECT true FROM telemetry) THEN 1 END FROM history
SELECT INTERVAL (SELECT 1 FROM telemetry) DAY
SELECT rowid FROM history
SELECT filename FROM history
SELECT a.id FROM history a, history b, history c, history d, history e, history f, history g, history h, history i, history j
