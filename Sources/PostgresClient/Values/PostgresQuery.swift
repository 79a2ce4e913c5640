/// One execution of a statement: the statement and its parameters.
package struct PostgresQuery: Sendable {
    /// What runs.
    package let statement: PostgresStatement
    /// The values of `$1`, `$2`, … in order.
    package let parameters: [PostgresParameter]

    /// Binds parameters to a statement.
    package init(_ statement: PostgresStatement, _ parameters: [PostgresParameter] = []) {
        self.statement = statement
        self.parameters = parameters
    }

    /// Refuses what the server could only misread: NUL in text, too many parameters, NUL in the statement.
    func validate() throws(PostgresError) {
        guard parameters.count <= 65_535 else {
            throw .encoding("\(parameters.count) parameters, 65535 are the most", statement: statement.name)
        }
        guard statement.isSendable else {
            throw .encoding("the statement contains a NUL byte", statement: statement.name)
        }
        for (index, parameter) in parameters.enumerated() where !parameter.isSendable {
            throw .encoding("parameter $\(index + 1) contains a NUL byte in text", statement: statement.name)
        }
    }
}
