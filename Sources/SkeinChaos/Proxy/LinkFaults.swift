/// What is wrong with a link at the moment.
package struct LinkFaults: Sendable {
    /// Which way nothing passes, while the connections stay open.
    package enum Silence: Sendable {
        case both, toServer, toClient
    }

    package var delay: Duration = .zero
    /// Up to this much more, by chance.
    package var jitter: Duration = .zero
    package var silence: Silence?
    /// New connections are closed at once.
    package var refuses = false
    /// Of a hundred commits, how many lose their answer, and how many are lost themselves.
    package var swallowPercent = 0
    package var dropPercent = 0
    /// So many commits lose their answer, or are lost, from now on.
    package var swallowNext = 0
    package var dropNext = 0
    /// So many claims lose their answer from now on.
    package var swallowClaims = 0
    /// So many claims arrive in two pieces from now on, so far apart: the transaction begins with the first.
    package var stallClaims = 0
    package var stall: Duration = .zero

    package init() {}
}
