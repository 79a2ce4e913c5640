/// A named statement: prepared lazily once per connection under its name, and again after a reconnect.
///
/// Names are meant to be constants of the program. The same name with other text is prepared anew, which is correct but
/// slow.
package struct PostgresStatement: Sendable, Hashable {
    /// The name on the server and in errors.
    package let name: String
    /// The text, with `$1`, `$2`, … for parameters.
    package let sql: String
    /// Sent as it is, once, and answered in text: for statements that users write.
    let isAdHoc: Bool
    /// False when a NUL byte would cut the name or the text short on the way.
    let isSendable: Bool

    /// Makes a statement; nothing is sent before its first use.
    package init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
        isAdHoc = false
        isSendable = !name.utf8.contains(0) && !sql.utf8.contains(0)
    }

    /// A statement that somebody wrote for one use. It is not prepared; its rows are read by ``PostgresRow/raw(_:)``.
    package init(adHoc sql: String) {
        name = ""
        self.sql = sql
        isAdHoc = true
        isSendable = !sql.utf8.contains(0)
    }
}
