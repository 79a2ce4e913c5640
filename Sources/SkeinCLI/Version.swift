/// The version of the command and the engine in it.
enum Version {
    static let current = "0.1.0"
}
