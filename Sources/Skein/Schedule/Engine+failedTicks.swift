// Schedules that are paused when an execution of theirs does not complete: by whoever sees it end, at the latest when the next
// tick is due.

import SkeinCore

extension Engine {
    /// Pauses a schedule whose last execution did not complete. Returns whether it is paused now.
    func pauseIfFailed(_ record: ScheduleRecord) async throws -> Bool {
        guard let failed = try await lastFailure(of: record) else { return false }
        var paused = record
        paused.isPaused = true
        paused.revision += 1
        let wanted = paused
        return try await Caller.because("its execution \(failed) did not complete") {
            try await store.updateSchedule(wanted)
        }
    }

    /// The last execution of a schedule, if it has ended without completing, and nobody has let the schedule go on since.
    private func lastFailure(of record: ScheduleRecord) async throws -> ExecutionID? {
        let last = try await store.ticks(
            of: record.id, from: Timestamp(microseconds: 0), through: .distantFuture, limit: 10
        ).first { $0.executionID != nil }
        guard let last, let id = last.executionID, let execution = try? await execution(id) else { return nil }
        guard execution.status.isEnded, execution.status != .completed else { return nil }
        // Somebody has resumed it since.
        if let ended = execution.endedAt, record.updatedAt > ended { return nil }
        return id
    }

    /// An execution has ended here without completing: the schedule that started it may want to be paused.
    func pauseSchedule(behind creation: ExecutionCreation) async {
        guard let origin = creation.metadata?["schedule"], origin["pauseOnFailure"] == true,
            let id = origin["id"]?.string.flatMap({ ScheduleID($0) })
        else { return }
        for _ in 0..<5 {
            guard let state = try? await store.schedule(id), !state.record.isPaused,
                state.record.schedule.pausesOnFailure,
                state.unfinished.isEmpty
            else { return }
            if (try? await pauseIfFailed(state.record)) ?? true { return }
        }
    }
}
