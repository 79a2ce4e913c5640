import HTTPTypes
import Hummingbird
import NIOCore
import SkeinCore

/// A body that could not be read because the connection or its framing broke.
struct BodyReadFailure: Error {
    var underlying: any Error
}

/// Reads a body up to a limit. What is beyond it is never kept: the connection reads it past and stays usable.
struct BodyCollector {
    let limit: Int

    func bytes(of request: Request) async throws -> [UInt8] {
        if let declared = request.headers[.contentLength].flatMap({ Int($0) }), declared > limit { throw tooLarge }
        var bytes: [UInt8] = []
        var chunks = request.body.makeAsyncIterator()
        while let chunk = try await next(&chunks) {
            guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    @concurrent private func next(_ chunks: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await chunks.next()
        } catch {
            throw BodyReadFailure(underlying: error)
        }
    }

    private var tooLarge: HTTPProblem {
        var problem = HTTPProblem(
            .contentTooLarge, "BODY_TOO_LARGE", "The body has more than the \(limit) bytes that are accepted.")
        problem.members["limit"] = .int(Int64(limit))
        return problem
    }
}
