/// What the handlers of one channel tell the ones behind them.
enum RedisChannelEvent: Sendable, Equatable {
    /// All handlers are in place; login may begin.
    case opened
    /// Login is over; commands may be written.
    case ready
}
