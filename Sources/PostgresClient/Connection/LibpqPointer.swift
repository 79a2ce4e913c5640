/// A `PGconn` or `PGcancel` on its way from one thread to another.
///
// SAFETY: libpq objects are not bound to a thread, they only forbid use by two at a time. A value is made by a thread
// that does not touch the object again, and is taken by exactly one other.
struct LibpqPointer: @unchecked Sendable {
    let pointer: OpaquePointer
}
