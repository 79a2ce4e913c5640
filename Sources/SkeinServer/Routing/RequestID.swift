import HTTPTypes
import SkeinCore

/// What a request is called in logs and answers.
enum RequestID {
    /// The caller's own when it is 1 to 128 letters, digits and `-._~:/+=@`; else a new one.
    static func of(_ headers: HTTPFields) -> String {
        if let given = headers[.requestID], isFine(given) { return given }
        var random = SystemRandomNumberGenerator()
        return UniqueID.v4(random: random.next(), random.next()).description
    }

    private static func isFine(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy(isFine)
    }

    private static func isFine(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case _: "-._~:/+=@".utf8.contains(byte)
        }
    }
}
