/// A password that prints as `***` however it is printed.
package struct RedisSecret: Sendable, Hashable {
    /// The password itself, for the `AUTH` command only.
    let value: String

    /// Wraps a password.
    package init(_ value: String) {
        self.value = value
    }
}

extension RedisSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `***`.
    package var description: String { "***" }
    /// Always `***`.
    package var debugDescription: String { "***" }
    /// Shows no children, so that `dump` prints nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
