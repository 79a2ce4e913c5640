// Parents and their children.

import PostgresClient

enum ChildQueries {
    /// $1 parents, $2 children, $3 rounds, $4 ordinals
    static let insert = PostgresStatement(
        "insert_children",
        """
        INSERT INTO children (parent_id, child_id, round, ordinal)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::integer[]) ON CONFLICT DO NOTHING
        """)

    /// $1 parents, $2 rounds, $3 how many children each has
    static let expect = PostgresStatement(
        "expect_children",
        """
        INSERT INTO rounds (parent_id, round, total)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::integer[]) ON CONFLICT DO NOTHING
        """)

    /// $1 parents, $2 rounds, $3 whether the child did not complete
    static let report = PostgresStatement(
        "report_end",
        "INSERT INTO fanin (parent_id, round, failed) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[])")

    /// $1 parent, $2 round
    static let look = PostgresStatement(
        "look_at_children",
        """
        SELECT (SELECT count(*)::integer FROM children WHERE parent_id = $1 AND round = $2::bigint), ended, failed
        FROM rounds WHERE parent_id = $1 AND round = $2::bigint
        """)

    /// $1 parent, $2 round, $3 how many ended children wake it, $4 whether one that failed does
    static let await = PostgresStatement(
        "await_children",
        """
        WITH o AS (UPDATE rounds SET wake_at = $3::integer, fails_fast = $4::boolean
            WHERE parent_id = $1 AND round = $2::bigint RETURNING ended, failed)
        SELECT (SELECT count(*)::integer FROM children WHERE parent_id = $1 AND round = $2::bigint), o.ended, o.failed FROM o
        """)

    /// $1 parent, $2 round, $3 first ordinal, $4 limit
    static let round = PostgresStatement(
        "children_of_round",
        """
        SELECT child_id FROM children WHERE parent_id = $1 AND round = $2::bigint AND ordinal >= $3::integer
        ORDER BY ordinal LIMIT $4::integer
        """)

    /// $1 parent, $2 offset, $3 limit
    static let all = PostgresStatement(
        "children_of",
        "SELECT child_id FROM children WHERE parent_id = $1 ORDER BY child_id OFFSET $2::integer LIMIT $3::integer")

    /// $1 time
    static let count = PostgresStatement("count_ended_children", "SELECT * FROM count_ended_children($1::timestamptz)")

    /// $1 ids
    static let cascade = PostgresStatement(
        "cascade", "INSERT INTO cascades (execution_id) SELECT * FROM unnest($1::uuid[]) ON CONFLICT DO NOTHING")

    /// $1 limit
    static let cascades = PostgresStatement("cascades", "SELECT execution_id FROM cascades LIMIT $1::integer")

    /// $1 id
    static let endCascade = PostgresStatement("end_cascade", "DELETE FROM cascades WHERE execution_id = $1")
}
