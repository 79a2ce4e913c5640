// Room for tasks on this instance.

import SkeinCore

extension Driver {
    /// There are as many tasks here as may be at once: another instance, or this one when one of them has ended.
    func leaveToOthers(_ drive: inout Drive, _ node: FlowGraph.Node) async -> DriveEnd {
        let end = await repark(&drive, due: min(drive.dueAt, clock.now), needs: node.type, announced: false)
        coordination.wakes.signal([WakeHint(executionID: nil, reason: "look", needs: node.type)])
        return end == .lost ? .lost : .parked(due: .distantFuture, woken: false)
    }

    func leaveRoom(_ node: FlowGraph.Node) {
        if taskRoom.leave(node.type) { taskRoomMade() }
    }
}
