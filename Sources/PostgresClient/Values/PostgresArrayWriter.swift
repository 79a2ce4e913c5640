/// Writes the elements of one array into memory that is large enough; every write checks that.
struct PostgresArrayWriter {
    static let headerSize = 20
    private let buffer: UnsafeMutableRawBufferPointer
    private var position = Self.headerSize
    private var hasNull = false

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        self.buffer = UnsafeMutableRawBufferPointer(buffer)
    }

    @inline(__always)
    private mutating func put<T: FixedWidthInteger>(_ value: T) {
        buffer.storeBytes(of: value.bigEndian, toByteOffset: position, as: T.self)
        position += MemoryLayout<T>.size
    }

    mutating func null() {
        hasNull = true
        put(Int32(-1))
    }

    @inline(__always)
    mutating func integer<T: FixedWidthInteger>(_ value: T) {
        put(Int32(MemoryLayout<T>.size))
        put(value)
    }

    @inline(__always)
    mutating func uuid(_ value: PostgresUUID) {
        put(Int32(16))
        put(value.high)
        put(value.low)
    }

    mutating func bytes(_ value: UnsafeRawBufferPointer, prefix: UInt8? = nil) {
        put(Int32(clamping: value.count + (prefix == nil ? 0 : 1)))
        if let prefix { put(prefix) }
        UnsafeMutableRawBufferPointer(rebasing: buffer[position..<(position + value.count)]).copyMemory(from: value)
        position += value.count
    }

    /// Writes the header and returns the size of everything.
    mutating func finish(element: PostgresOID, count: Int) -> Int {
        let end = position
        position = 0
        put(Int32(count == 0 ? 0 : 1))
        put(Int32(hasNull ? 1 : 0))
        put(element.rawValue)
        guard count > 0 else { return position }
        put(Int32(clamping: count))
        put(Int32(1))
        return end
    }
}
