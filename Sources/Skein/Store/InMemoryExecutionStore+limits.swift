// Limits, as PostgreSQL's functions `acquire_permit` and `admit` have them.

public import SkeinCore

extension InMemoryExecutionStore {
    /// The tables of limits.
    struct Limits {
        struct Permit {
            var claimID: ClaimID?
            var grantedAt: Timestamp
        }

        struct Waiting {
            var tenant: String
            var priority: Int16
            var since: Timestamp
        }

        /// One execution, or one of its steps, under a name.
        struct Place: Hashable {
            var executionID: ExecutionID
            var step: String
        }

        struct Entry {
            var limit = Limit()
            var closure: LimitRecord.Closure?
            var permits: [Place: Permit] = [:]
            var queue: [Place: Waiting] = [:]
            var admissions: [Timestamp] = []
            /// When each tenant was last let in.
            var turns: [String: Int] = [:]
        }

        var entries: [LimitName: Entry] = [:]
        var turn = 0
    }

    public func acquire(_ request: PermitRequest) async throws -> (answer: PermitAnswer, admission: Admission) {
        transaction { state, now in
            state.acquire(request, at: now)
        }
    }

    public func releasePermits(_ held: HeldClaim, _ permits: [(name: LimitName, stepID: StepID)]) async throws {
        transaction { state, _ in
            for (name, stepID) in permits {
                let place = Limits.Place(executionID: held.executionID, step: stepID.rawValue)
                guard state.limits.entries[name]?.permits[place]?.claimID == held.claimID else { continue }
                state.limits.entries[name]?.permits[place] = nil
            }
        }
    }

    public func admit(_ names: [LimitName]) async throws -> Admission {
        transaction { state, now in
            var all = Admission()
            for name in names {
                let one = state.admit(name, except: nil, at: now)
                all.woken += one.woken
                all.next = [all.next, one.next].compactMap { $0 }.min()
            }
            return all
        }
    }

    public func queuedLimits(after name: LimitName?, limit: Int) async throws -> [LimitName] {
        transaction { state, _ in
            let names = state.limits.entries.filter { !$0.value.queue.isEmpty }.keys.sorted()
            return Array(names.filter { $0 > name ?? LimitName(rawValue: "") }.prefix(limit))
        }
    }

    public func close(_ name: LimitName, _ closure: LimitRecord.Closure, isFinal: Bool) async throws {
        transaction { state, now in
            let by = Intervention(actor: closure.actor, reason: closure.reason).told
            if by.actor != nil || by.requestID != nil {
                state.tell(
                    "limit.close", name.rawValue, by: by, at: now, ["until": .string(closure.until.description)])
            }
            let stands = state.limits.entries[name]?.closure
            guard isFinal || (stands.map { $0.until < closure.until } ?? true) else { return }
            state.limits.entries[name, default: .init()].closure = closure
            state.closings += 1
        }
    }

    public func open(_ name: LimitName) async throws -> Bool {
        transaction { state, now in
            guard let closure = state.limits.entries[name]?.closure else { return false }
            state.limits.entries[name]?.closure = nil
            state.closings += 1
            if closure.until > now { state.tell("limit.open", name.rawValue, at: now) }
            return closure.until > now
        }
    }

    public func closedLimits() async throws -> [LimitName: LimitRecord.Closure] {
        transaction { state, now in
            state.limits.entries.compactMapValues { entry in entry.closure.flatMap { $0.until > now ? $0 : nil } }
        }
    }

    public func limits(after name: LimitName?, limit: Int) async throws -> [LimitRecord] {
        transaction { state, now in
            let names = state.limits.entries.keys.sorted().filter { $0 > name ?? LimitName(rawValue: "") }
            return names.prefix(limit).compactMap { state.record($0, at: now) }
        }
    }

    public func limit(_ name: LimitName) async throws -> LimitRecord? {
        transaction { state, now in state.record(name, at: now) }
    }

    public func queuedPermits(of id: ExecutionID) async throws -> [QueuedPermit] {
        transaction { state, _ in
            state.limits.entries.sorted { $0.key < $1.key }.flatMap { name, entry in
                entry.queue.filter { $0.key.executionID == id }.map { place, mine in
                    let ahead = entry.queue.count {
                        $0.key.executionID != id && state.ready[$0.key.executionID] != nil
                            && $0.value.tenant == mine.tenant
                            && ($0.value.priority, mine.since, id) > (mine.priority, $0.value.since, $0.key.executionID)
                    }
                    let step = place.step.isEmpty ? nil : StepID(place.step)
                    return QueuedPermit(name: name, stepID: step, since: mine.since, ahead: ahead)
                }
            }
        }
    }
}

extension InMemoryExecutionStore.State {
    private typealias Limits = InMemoryExecutionStore.Limits

    /// How many are let in at once.
    private static let most = 300

    fileprivate mutating func acquire(
        _ request: PermitRequest, at now: Timestamp
    ) -> (answer: PermitAnswer, admission: Admission) {
        let name = request.name
        let place = Limits.Place(executionID: request.held.executionID, step: request.place)
        if limits.entries[name] == nil || request.limit != Limit() {
            limits.entries[name, default: .init()].limit = request.limit
        }
        guard ready[place.executionID]?.claimID == request.held.claimID else { return (.lost, Admission()) }
        let isShut = limits.entries[name]?.closure.map { $0.until > now } ?? false
        if !isShut, limits.entries[name]?.permits[place] != nil {
            limits.entries[name]?.permits[place]?.claimID = request.held.claimID
            limits.entries[name]?.queue[place] = nil
            return (.granted, Admission())
        }
        if limits.entries[name]?.queue[place] == nil {
            limits.entries[name]?.queue[place] = .init(
                tenant: request.tenantID ?? "", priority: request.priority, since: request.since)
        }
        let admission = admit(name, except: place.executionID, at: now)
        guard limits.entries[name]?.queue[place] == nil else { return (.queued, admission) }
        limits.entries[name]?.permits[place]?.claimID = request.held.claimID
        return (.granted, admission)
    }

    fileprivate mutating func admit(_ name: LimitName, except me: ExecutionID?, at now: Timestamp) -> Admission {
        guard var entry = limits.entries[name] else { return Admission() }
        defer { limits.entries[name] = entry }
        if let closure = entry.closure, closure.until > now {
            return Admission(next: entry.queue.isEmpty || closure.until == .distantFuture ? nil : closure.until)
        }
        entry.permits = entry.permits.filter { counts($0.value, at: $0.key, now: now) }
        entry.queue = entry.queue.filter { ready[$0.key.executionID] != nil }
        var free = entry.limit.concurrency.map { $0 - entry.permits.count } ?? .max
        if let rate = entry.limit.rate {
            entry.admissions.removeAll { $0 + rate.per <= now }
            free = min(free, rate.count - entry.admissions.count)
        }
        let back = entry.queue.keys.filter { entry.permits[$0] != nil && !isPaused($0) }
        let chosen = inLine(of: entry).prefix(max(0, min(free, Self.most)))
        var admission = Admission()
        for place in back + chosen {
            let tenant = entry.queue.removeValue(forKey: place)?.tenant ?? ""
            turn(of: tenant, in: &entry)
            if entry.permits[place] == nil, entry.limit != Limit() {
                entry.permits[place] = .init(claimID: nil, grantedAt: now)
                if entry.limit.rate != nil { entry.admissions.append(now) }
            }
            guard place.executionID != me else { continue }
            updateReady(place.executionID) { row in
                row.wakeGeneration += 1
                if row.claimID == nil { row.nextAt = min(row.nextAt, now) }
            }
            admission.woken.append(place.executionID)
        }
        if entry.queue.keys.contains(where: { !isPaused($0) }) {
            if chosen.count >= Self.most {
                admission.next = now
            } else if let rate = entry.limit.rate, entry.admissions.count >= rate.count {
                admission.next = (entry.admissions.min() ?? now) + rate.per
            }
            // Whoever was let in may not want it any more.
            let kept = entry.permits.filter { !$0.key.step.isEmpty && $0.value.claimID == nil }
            if let first = kept.values.map(\.grantedAt).min() {
                admission.next = min(admission.next ?? .distantFuture, first + .seconds(60))
            }
        }
        return admission
    }

    private mutating func turn(of tenant: String, in entry: inout Limits.Entry) {
        limits.turn += 1
        entry.turns[tenant] = limits.turn
    }

    /// Who may be let in, in order: tenants in turn.
    private func inLine(of entry: Limits.Entry) -> [Limits.Place] {
        let waiting = entry.queue.filter { entry.permits[$0.key] == nil && !isPaused($0.key) }
        var line: [(place: Limits.Place, rank: (Int, Int, Timestamp))] = []
        for (tenant, members) in Dictionary(grouping: waiting, by: { $0.value.tenant }) {
            let ordered = members.sorted {
                ($1.value.priority, $0.value.since, $0.key.executionID)
                    < ($0.value.priority, $1.value.since, $1.key.executionID)
            }
            for (index, member) in ordered.enumerated() {
                line.append((member.key, (index, entry.turns[tenant] ?? 0, member.value.since)))
            }
        }
        return line.sorted { $0.rank < $1.rank }.map(\.place)
    }

    private func isPaused(_ place: Limits.Place) -> Bool { ready[place.executionID]?.isPaused ?? true }

    private func counts(_ permit: Limits.Permit, at place: Limits.Place, now: Timestamp) -> Bool {
        guard let row = ready[place.executionID] else { return false }
        guard !place.step.isEmpty else { return true }
        guard let claim = permit.claimID else {
            return permit.grantedAt + .seconds(60) > now && (row.claimID != nil || row.nextAt <= now)
        }
        return row.claimID == claim
    }

    fileprivate func record(_ name: LimitName, at now: Timestamp) -> LimitRecord? {
        guard let entry = limits.entries[name] else { return nil }
        let held = entry.permits.filter { counts($0.value, at: $0.key, now: now) }
            .sorted { $0.value.grantedAt < $1.value.grantedAt }.map(\.key.executionID)
        let begun = entry.limit.rate.map { rate in entry.admissions.filter { $0 + rate.per > now } } ?? []
        let isUsedUp = entry.limit.rate.map { begun.count >= $0.count } ?? false
        return LimitRecord(
            name: name, limit: entry.limit, closure: entry.closure.flatMap { $0.until > now ? $0 : nil },
            holders: Array(held.prefix(100)), held: held.count,
            queued: entry.queue.keys.count { ready[$0.executionID] != nil }, begun: begun.count,
            opensAt: isUsedUp ? begun.min().flatMap { first in entry.limit.rate.map { first + $0.per } } : nil)
    }
}
