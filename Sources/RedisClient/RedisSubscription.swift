/// A subscription to channels and patterns: a sequence of what is published, and of the gaps in it.
///
/// It survives lost connections: `RedisMessage.interrupted` tells of the loss, `RedisMessage.gap` that everything is
/// subscribed to again. It ends when the client is closed, when `cancel()` is called, when the server refuses a channel
/// that it had granted before, or when nothing refers to it any more; the server then hears of it, unless somebody else
/// has the same channel. Iterating ends early, with nil, when the iterating task is cancelled. Several iterators share
/// the messages out among them.
package final class RedisSubscription: AsyncSequence, Sendable {
    /// What an iterator gives.
    package typealias Element = RedisMessage
    /// Iterating never throws.
    package typealias Failure = Never

    private let buffer: MessageBuffer
    private let end: @Sendable () -> Void

    init(buffer: MessageBuffer, end: @escaping @Sendable () -> Void) {
        self.buffer = buffer
        self.end = end
    }

    deinit {
        end()
    }

    /// Ends the subscription; iterators get what is buffered and then nil. May be called more than once.
    package func cancel() {
        buffer.finish()
        end()
    }

    /// Starts to iterate over what comes from now on and is not taken yet.
    package func makeAsyncIterator() -> Iterator {
        Iterator(subscription: self)
    }

    /// Takes messages out of the subscription, and keeps it alive.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: RedisSubscription

        /// The next message; nil at the end or when the task is cancelled.
        package mutating func next() async -> RedisMessage? {
            await subscription.buffer.next()
        }

        /// The next message; nil at the end or when the task is cancelled.
        package mutating func next(isolation actor: isolated (any Actor)?) async -> RedisMessage? {
            await subscription.buffer.next()
        }
    }
}
