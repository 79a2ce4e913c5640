// Migrations and the questions of `verify`.

import PostgresClient

enum MigrationQueries {
    static let lock = PostgresStatement("migration_lock", "SELECT pg_advisory_lock(hashtextextended($1, 0))")
    static let unlock = PostgresStatement("migration_unlock", "SELECT pg_advisory_unlock(hashtextextended($1, 0))")

    static let exists = PostgresStatement(
        "migrations_exist",
        "SELECT FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'")

    static let applied = PostgresStatement(
        "migrations", "SELECT version, name, checksum FROM migrations ORDER BY version")

    static func table(_ schema: SchemaName) -> String {
        """
        BEGIN;
        CREATE SCHEMA IF NOT EXISTS \(schema.quoted);
        CREATE TABLE IF NOT EXISTS \(schema.quoted).migrations (
            version integer PRIMARY KEY,
            name text NOT NULL,
            checksum bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        COMMENT ON TABLE \(schema.quoted).migrations IS 'The scripts that made this schema, with the SHA-256 of their text.';
        COMMIT;
        """
    }

    /// A script, and the note that it was applied, in one transaction. Names are the program's own.
    static func apply(_ migration: Migration, _ schema: SchemaName) -> String {
        let digits = Array("0123456789abcdef")
        let checksum = migration.checksum.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return """
            BEGIN;
            \(migration.script(for: schema))
            INSERT INTO \(schema.quoted).migrations (version, name, checksum)
            VALUES (\(migration.version), '\(migration.name)', '\\x\(String(checksum))');
            COMMIT;
            """
    }

    static let settings = PostgresStatement(
        "server_settings",
        """
        SELECT current_setting('server_version_num')::integer, current_setting('fsync'), current_setting('full_page_writes'),
            current_setting('synchronous_commit'), pg_is_in_recovery(), current_setting('server_encoding'),
            (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
        """)

    static let clock = PostgresStatement("server_clock", "SELECT clock_timestamp()")
}
