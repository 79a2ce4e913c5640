import Skein
import SkeinCore

/// The wall clock.
enum Wall {
    private static let clock = SystemClock()
    static func microseconds() -> Int64 { clock.now.microseconds }
}
