/// A `PGconn` or `PGcancel` on its way from one thread to another: made by a thread that does not touch the object again,
/// taken by exactly one other.
// SAFETY: libpq objects are not bound to a thread, they only forbid use by two at a time.
struct LibpqPointer: @unchecked Sendable {
    let pointer: OpaquePointer
}
