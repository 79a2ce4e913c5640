/// Who is subscribed to what, and what the server has confirmed of it. A pure value: it decides, the hub acts.
struct SubscriptionTable: Equatable {
    /// Something that happened to a subscriber.
    enum Event: Equatable {
        /// Everything it asked for is confirmed for the first time.
        case established(Int)
        /// Everything is confirmed again after the connection was lost.
        case recovered(Int)
    }

    private struct Subscriber: Equatable {
        var topics: Set<RedisTopic>
        var missing: Set<RedisTopic>
        var established = false
    }

    private struct Topic: Equatable {
        var subscribers: Set<Int> = []
        var serial: Int
        var confirmed = false
    }

    private var subscribers: [Int: Subscriber] = [:]
    private var topics: [RedisTopic: Topic] = [:]
    private var lastSerial = 0
    private var online = false

    /// Whether nobody is subscribed to anything.
    var isEmpty: Bool { subscribers.isEmpty }

    /// All subscribers.
    var ids: [Int] { Array(subscribers.keys) }

    /// The subscribers of a topic.
    func subscribers(of topic: RedisTopic) -> Set<Int> {
        topics[topic]?.subscribers ?? []
    }

    /// Adds a subscriber; what to ask the server for, and the event if all of it is confirmed already.
    mutating func add(_ id: Int, topics wanted: Set<RedisTopic>) -> (requests: [PubSubRequest], event: Event?) {
        var requests: [PubSubRequest] = []
        var missing: Set<RedisTopic> = []
        for name in wanted {
            if topics[name] == nil {
                let serial = nextSerial()
                topics[name] = Topic(serial: serial)
                if online {
                    requests.append(.subscribe(name, serial: serial))
                }
            }
            topics[name]?.subscribers.insert(id)
            if topics[name]?.confirmed != true {
                missing.insert(name)
            }
        }
        subscribers[id] = Subscriber(topics: wanted, missing: missing, established: missing.isEmpty)
        return (requests, missing.isEmpty ? .established(id) : nil)
    }

    /// Removes a subscriber, and asks the server to end what nobody else wants.
    mutating func remove(_ id: Int) -> [PubSubRequest] {
        guard let subscriber = subscribers.removeValue(forKey: id) else { return [] }
        var requests: [PubSubRequest] = []
        for name in subscriber.topics {
            topics[name]?.subscribers.remove(id)
            guard topics[name]?.subscribers.isEmpty == true else { continue }
            topics[name] = nil
            if online {
                requests.append(.unsubscribe(name))
            }
        }
        return requests
    }

    /// The connection is up: asks for everything that anybody wants.
    mutating func connected() -> [PubSubRequest] {
        online = true
        return topics.keys.map { name in
            let serial = nextSerial()
            topics[name]?.serial = serial
            return .subscribe(name, serial: serial)
        }
    }

    /// The connection is gone, nothing is confirmed any more.
    ///
    /// - Returns: Who was established and waits for its return, and who was never and has to be told.
    mutating func disconnected() -> (interrupted: [Int], failed: [Int]) {
        online = false
        for name in topics.keys {
            topics[name]?.confirmed = false
        }
        for (id, subscriber) in subscribers {
            subscribers[id]?.missing = subscriber.topics
        }
        let interrupted = subscribers.filter(\.value.established).map(\.key)
        let failed = subscribers.filter { !$0.value.established }.map(\.key)
        return (interrupted, failed)
    }

    /// The server confirmed a subscription; an old request's confirmation counts for nothing.
    mutating func confirm(_ name: RedisTopic, serial: Int) -> [Event] {
        guard let topic = topics[name], topic.serial == serial else { return [] }
        topics[name]?.confirmed = true
        var events: [Event] = []
        for id in topic.subscribers.sorted() {
            guard subscribers[id]?.missing.remove(name) != nil, subscribers[id]?.missing.isEmpty == true else {
                continue
            }
            events.append(subscribers[id]?.established == true ? .recovered(id) : .established(id))
            subscribers[id]?.established = true
        }
        return events
    }

    /// The server refused a subscription: who can have it no longer.
    func refuse(_ name: RedisTopic, serial: Int) -> [Int] {
        guard let topic = topics[name], topic.serial == serial else { return [] }
        return topic.subscribers.sorted()
    }

    private mutating func nextSerial() -> Int {
        lastSerial += 1
        return lastSerial
    }
}
