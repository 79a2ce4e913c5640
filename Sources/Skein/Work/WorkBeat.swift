public import SkeinCore

/// One attempt's sign of life, and what it says with it.
public struct WorkBeat: Sendable {
    public var handle: WorkHandle
    /// How far it is: recorded as an event `progress`.
    public var progress: Progress?
    /// A result to keep: a later attempt of this visit finds it under this name.
    public var checkpoint: (name: String, value: JSONValue)?

    public init(_ handle: WorkHandle, progress: Progress? = nil, checkpoint: (name: String, value: JSONValue)? = nil) {
        self.handle = handle
        self.progress = progress
        self.checkpoint = checkpoint
    }
}

extension WorkBeat {
    private static let longestName = 200

    /// Everything that is wrong with what it says; `place`: where it is in the request body.
    package func problems(at place: JSONPointer) -> [Problem] {
        var problems: [Problem] = []
        func add(_ pointer: JSONPointer, _ message: String) {
            problems.append(Problem(code: "INVALID_VALUE", pointer: pointer, message: message))
        }
        if let progress {
            do { _ = try StepContext.checked(progress) } catch let failure as StepFailure {
                add(place.appending(key: "progress"), failure.failure.message)
            } catch {
                add(place.appending(key: "progress"), "cannot be kept")
            }
        }
        if let (name, value) = checkpoint {
            let checkpoint = place.appending(key: "checkpoint")
            if !(1...Self.longestName).contains(name.utf8.count) || name.utf8.contains(0) {
                add(
                    checkpoint.appending(key: "name"), "must have 1 to \(Self.longestName) bytes and no NUL character")
            }
            if !value.isStorable { add(checkpoint.appending(key: "value"), "cannot be stored") }
        }
        return problems
    }
}
