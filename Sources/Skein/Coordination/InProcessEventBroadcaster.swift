public import SkeinCore

/// Live streams among the engines of one process: they share one instance of this.
public final class InProcessEventBroadcaster: EventBroadcaster {
    private let hub = NoticeHub()

    public init() {}

    public func publish(_ notice: EventNotice) { hub.deliver(notice) }

    public func notices(root: ExecutionID) -> AsyncStream<EventNotice?> { hub.stream(root: root) }
}
