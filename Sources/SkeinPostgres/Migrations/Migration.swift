// The numbered scripts that make the schema. A script that has been applied anywhere never changes; a new one is added
// instead.

import Crypto

/// One script.
struct Migration: Hashable {
    let version: Int
    let name: String
    /// With `@SCHEMA@` where the quoted name of the schema goes.
    let sql: String

    init(version: Int, name: String, script: [UInt8]) {
        self.version = version
        self.name = name
        sql = String(decoding: script, as: UTF8.self)
    }

    static let all = [
        Migration(version: 1, name: "executions", script: PackageResources._001_executions_sql),
        Migration(version: 2, name: "partitions", script: PackageResources._002_partitions_sql),
        Migration(version: 3, name: "views", script: PackageResources._003_views_sql),
        Migration(version: 4, name: "creations", script: PackageResources._004_creations_sql),
        Migration(version: 5, name: "children", script: PackageResources._005_children_sql),
        Migration(version: 6, name: "operators", script: PackageResources._006_operators_sql),
        Migration(version: 7, name: "failures", script: PackageResources._007_failures_sql),
        Migration(version: 8, name: "tokens", script: PackageResources._008_tokens_sql),
        Migration(version: 9, name: "orphans", script: PackageResources._009_orphans_sql),
        Migration(version: 10, name: "resumes", script: PackageResources._010_resumes_sql),
        Migration(version: 11, name: "schedules", script: PackageResources._011_schedules_sql),
        Migration(version: 12, name: "limits", script: PackageResources._012_limits_sql),
        Migration(version: 13, name: "hashes", script: PackageResources._013_hashes_sql),
        Migration(version: 14, name: "requests", script: PackageResources._014_requests_sql),
        Migration(version: 15, name: "rollups", script: PackageResources._015_rollups_sql),
        Migration(version: 16, name: "reports", script: PackageResources._016_reports_sql),
        Migration(version: 17, name: "reporters", script: PackageResources._017_reporters_sql),
        Migration(version: 18, name: "summaries", script: PackageResources._018_summaries_sql),
        Migration(version: 19, name: "audits", script: PackageResources._019_audits_sql),
        Migration(version: 20, name: "retention", script: PackageResources._020_retention_sql),
    ]

    /// SHA-256 of the script as it is in the source, whatever the schema is called.
    var checksum: [UInt8] { Array(SHA256.hash(data: Array(sql.utf8))) }

    func script(for schema: SchemaName) -> String {
        sql.replacing("@SCHEMA@", with: schema.quoted).replacing("@REPORT@", with: schema.reports.quoted)
    }
}

/// A script that a database remembers.
struct AppliedMigration: Hashable {
    let version: Int
    let name: String
    let checksum: [UInt8]
}

/// Which scripts a database lacks, or why it must not be touched.
struct MigrationPlan {
    let pending: [Migration]
    let objections: [String]

    init(_ migrations: [Migration] = Migration.all, applied: [AppliedMigration]) {
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.version, $0) })
        let done = Set(applied.map(\.version))
        pending = migrations.filter { !done.contains($0.version) }
        objections = applied.compactMap { one in
            guard let migration = known[one.version] else {
                return "migration \(one.version) (\(one.name)) was applied by a newer version: update this program"
            }
            guard migration.checksum != one.checksum else { return nil }
            return "migration \(one.version) (\(one.name)) was applied with another text than this program has: "
                + "the schema and the program do not belong together"
        }
    }
}
