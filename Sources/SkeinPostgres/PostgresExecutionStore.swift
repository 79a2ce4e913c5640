// The store on PostgreSQL. Its verbs live beside their queries' families: Journal, Claims, Commands, Reads, Registry,
// Migrations.

public import Logging
public import Skein
import PostgresClient
import SkeinCore

/// Everything the engine keeps, in one schema of a PostgreSQL database (version 14 or later).
///
/// Any number of instances may use the same schema. Nothing connects before the first call; connections heal
/// themselves. Calls that write go on asking until their outcome is known, as the protocols say.
public final class PostgresExecutionStore: ExecutionStore {
    let configuration: Configuration
    let schema: SchemaName?
    let clock: any EngineClock
    let logger: Logger
    let connections: Connections
    let incarnation: Incarnation

    /// Makes a store; nothing is opened and nothing can fail before the first call.
    ///
    /// - Parameters:
    ///   - url: a connection URI or keyword/value string for libpq, several hosts allowed; empty: the `PG*` environment
    ///     variables.
    ///   - configuration: sizes, limits, the schema's name.
    ///   - clock: its `queryTime`, where there is one, stands for the database's clock.
    ///   - logger: for reconnects and retries.
    public init(
        url: String, configuration: Configuration = .init(), clock: any EngineClock = SystemClock(),
        logger: Logger = Logger(label: "skein.postgres")
    ) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        schema = SchemaName(configuration.schema)
        let incarnation = Incarnation()
        self.incarnation = incarnation
        connections = Connections(url: url, configuration: configuration, logger: logger, incarnation: incarnation)
    }

    public var writers: Int { configuration.writers }

    /// Emits when the database turns out to be another than before: a promoted standby, a restored copy. What was
    /// decided before may be ahead of what this one knows, so its owner must drop every claim and load again. For one
    /// consumer.
    public var incarnationChanges: AsyncStream<Void> { incarnation.changes }

    public func close() async {
        await connections.close()
        incarnation.finish()
    }

    /// The time that statements are asked with; NULL stands for the database's own.
    var queryTime: PostgresParameter { .timestamptz(clock.queryTime?.microseconds) }

    /// Who asks, and by which request: the last parameters of what leaves a row in `audit`.
    var caller: [PostgresParameter] {
        let by = Caller.current
        return [.text(by?.actor), .text(by?.requestID), .text(by?.reason)]
    }
}

extension ExecutionStore where Self == PostgresExecutionStore {
    /// A store on PostgreSQL; see ``PostgresExecutionStore/init(url:configuration:clock:logger:)``.
    ///
    /// - Parameters:
    ///   - url: a connection URI for libpq.
    ///   - schema: the schema that `migrate()` makes and fills. Default: `skein`.
    ///   - clock: its `queryTime`, where there is one, stands for the database's clock.
    public static func postgres(
        _ url: String, schema: String = "skein", clock: any EngineClock = SystemClock()
    ) -> PostgresExecutionStore {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.schema = schema
        return PostgresExecutionStore(url: url, configuration: configuration, clock: clock)
    }
}
