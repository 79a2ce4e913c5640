// Arrays whose elements differ in size: sized in a first pass, written in a second.

extension PostgresArray {
    /// `text[]`; an element with a NUL byte makes the query that carries the array fail before anything is sent.
    package static func texts(_ values: some Collection<String>) -> PostgresArray {
        strings(values) { $0 }
    }

    /// `text[]` with NULL for nil.
    package static func texts(optional values: some Collection<String?>) -> PostgresArray {
        strings(values) { $0 }
    }

    /// `bytea[]`.
    package static func byteas(_ values: some Collection<[UInt8]>) -> PostgresArray {
        blobs(values, .bytea) { $0 }
    }

    /// `bytea[]` with NULL for nil.
    package static func byteas(optional values: some Collection<[UInt8]?>) -> PostgresArray {
        blobs(values, .bytea) { $0 }
    }

    /// `jsonb[]` of JSON texts in UTF-8.
    package static func jsonbs(_ values: some Collection<[UInt8]>) -> PostgresArray {
        blobs(values, .jsonb, prefix: 1) { $0 }
    }

    /// `jsonb[]` with (SQL) NULL for nil.
    package static func jsonbs(optional values: some Collection<[UInt8]?>) -> PostgresArray {
        blobs(values, .jsonb, prefix: 1) { $0 }
    }

    @inline(__always)
    private static func strings<Value>(
        _ values: some Collection<Value>, _ text: (Value) -> String?
    ) -> PostgresArray {
        contiguously(values) { values in
            var capacity = 0
            var containsNUL = false
            for value in values {
                guard let text = text(value) else {
                    capacity += 4
                    continue
                }
                capacity += text.utf8.count + 4
                if text.utf8.contains(0) { containsNUL = true }
            }
            return PostgresArray(.text, count: values.count, capacity: capacity, containsNUL: containsNUL) { writer in
                for value in values {
                    if var text = text(value) {
                        text.withUTF8 { writer.bytes(UnsafeRawBufferPointer($0)) }
                    } else {
                        writer.null()
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func blobs<Value>(
        _ values: some Collection<Value>, _ element: PostgresOID, prefix: UInt8? = nil, _ blob: (Value) -> [UInt8]?
    ) -> PostgresArray {
        contiguously(values) { values in
            var capacity = 0
            var containsNUL = false
            for value in values {
                let bytes = blob(value)
                capacity += (bytes?.count ?? 0) + 5
                if element == .jsonb, let bytes, bytes.contains(0) { containsNUL = true }
            }
            return PostgresArray(element, count: values.count, capacity: capacity, containsNUL: containsNUL) { writer in
                for value in values {
                    if let bytes = blob(value) {
                        bytes.withUnsafeBytes { writer.bytes($0, prefix: prefix) }
                    } else {
                        writer.null()
                    }
                }
            }
        }
    }
}
