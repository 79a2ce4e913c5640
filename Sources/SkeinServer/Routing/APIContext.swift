package import Hummingbird

/// What a request carries besides itself.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The caller's `X-Request-Id`, or one of ours.
    package var requestID = ""

    package init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
