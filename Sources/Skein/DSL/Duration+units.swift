// Disfavoured, so that another module's helper of the same name does not make every use of it ambiguous.

extension Duration {
    @_disfavoredOverload
    public static func minutes(_ minutes: some BinaryInteger) -> Duration { .seconds(minutes) * 60 }

    @_disfavoredOverload
    public static func minutes(_ minutes: Double) -> Duration { .seconds(minutes * 60) }

    @_disfavoredOverload
    public static func hours(_ hours: some BinaryInteger) -> Duration { .seconds(hours) * 3_600 }

    @_disfavoredOverload
    public static func hours(_ hours: Double) -> Duration { .seconds(hours * 3_600) }

    /// Days of 24 hours.
    @_disfavoredOverload
    public static func days(_ days: some BinaryInteger) -> Duration { .seconds(days) * 86_400 }

    /// Days of 24 hours.
    @_disfavoredOverload
    public static func days(_ days: Double) -> Duration { .seconds(days * 86_400) }
}
