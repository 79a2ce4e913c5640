extension PostgresCell {
    /// The elements of a one-dimensional array, nil for NULL ones; the header is checked against the length.
    func elements(of wanted: PostgresOID) throws(PostgresError) -> [PostgresCell?] {
        let dimensions = try integer(Int32.self)
        let element = PostgresOID(rawValue: try integer(UInt32.self, at: 8))
        guard element == wanted else { throw mismatch("array of type \(wanted.rawValue)") }
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw mismatch("one-dimensional array") }
        let count = Int(try integer(Int32.self, at: 12))
        guard count >= 0, count <= length / 4 else { throw mismatch("array") }
        var elements: [PostgresCell?] = []
        elements.reserveCapacity(count)
        var position = 20
        for _ in 0..<count {
            let size = Int(try integer(Int32.self, at: position))
            position += 4
            guard size >= 0 else {
                elements.append(nil)
                continue
            }
            guard position + size <= length else { throw mismatch("array") }
            let column = PostgresColumn(name: self.column.name, oid: element)
            elements.append(
                PostgresCell(storage: storage, offset: offset + position, length: size, column: column))
            position += size
        }
        return elements
    }

    /// Reads every element; a NULL element is an error.
    func array<T>(
        of oid: PostgresOID, _ read: (PostgresCell) throws(PostgresError) -> T
    ) throws(PostgresError) -> [T] {
        var values: [T] = []
        for element in try elements(of: oid) {
            guard let element else { throw .decoding("column \(column.name) is an array with a NULL element") }
            values.append(try read(element))
        }
        return values
    }

    /// Reads every element, nil for NULL.
    func optionalArray<T>(
        of oid: PostgresOID, _ read: (PostgresCell) throws(PostgresError) -> T
    ) throws(PostgresError) -> [T?] {
        var values: [T?] = []
        for element in try elements(of: oid) {
            if let element { values.append(try read(element)) } else { values.append(nil) }
        }
        return values
    }
}
