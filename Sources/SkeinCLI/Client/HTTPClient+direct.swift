import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// A client of this process that tells at once when nobody listens; the shared one would try again until its time
    /// is over.
    static let direct: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        return HTTPClient(configuration: configuration)
    }()
}
