import NIOCore

/// A request on its way: its bytes, how many replies it waits for, until when, and who waits.
///
/// A cancelled waiter's reply is still read in its turn; it then answers nobody.
struct PendingCommand: Sendable {
    /// The encoded request.
    let request: [UInt8]
    /// How many commands the request holds.
    let commandCount: Int
    /// When it counts as unanswered.
    let deadline: NIODeadline
    /// The task that waits for the replies.
    let waiter = OneShot<[RedisReply]>()

    /// Fails the request; nothing happens if it is settled already.
    func fail(_ error: RedisError) {
        waiter.settle(.failure(error))
    }
}
