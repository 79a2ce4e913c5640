import Skein
import SkeinCore

/// A handler of this module: JSON in and out, and a static check of its config.
protocol BuiltinHandler: Handler where Input == JSONValue, Output == JSONValue {
    /// Reports what is wrong with a config, whatever the context will be.
    static func check(_ check: inout ConfigCheck)
}

extension BuiltinHandler {
    static var type: String { metadata.type }
}

extension StepFailure {
    /// Parameters that the handler cannot work with; another attempt would meet the same ones.
    static func input(_ message: String) -> StepFailure {
        StepFailure("INPUT_ERROR", message, isRetryable: false)
    }
}
