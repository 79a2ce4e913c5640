import Foundation

enum Base64 {
    /// The standard alphabet with padding.
    static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
    }
}
