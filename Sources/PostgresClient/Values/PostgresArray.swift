/// A one-dimensional array, encoded once in the binary form of PostgreSQL: the column-wise input of `unnest`.
///
/// Building one allocates the payload and nothing per element.
package struct PostgresArray: Sendable {
    /// The type of the elements.
    package let element: PostgresOID
    /// The number of elements.
    package let count: Int
    let oid: PostgresOID
    let payload: [UInt8]
    let containsNUL: Bool

    /// Encodes `count` elements in at most `capacity` bytes behind the header.
    init(
        _ element: PostgresOID, count: Int, capacity: Int, containsNUL: Bool = false,
        write: (inout PostgresArrayWriter) -> Void
    ) {
        self.element = element
        self.oid = element.array ?? .unknown
        self.count = count
        self.containsNUL = containsNUL
        payload = [UInt8](unsafeUninitializedCapacity: PostgresArrayWriter.headerSize + capacity) { buffer, used in
            var writer = PostgresArrayWriter(buffer)
            if count > 0 { write(&writer) }
            used = writer.finish(element: element, count: count)
        }
    }
}
