import Skein
import SkeinCore

/// Notices as published on a root's channel: `{"executionId":…,"seq":n}`, and `"ended":true` behind the last event.
enum EventMessage {
    private static let limits = JSONLimits(maxBytes: 1_024, maxDepth: 4)

    static func encode(_ notice: EventNotice) -> String {
        #"{"executionId":"\#(notice.executionID)","seq":\#(notice.position)\#(notice.isEnd ? #","ended":true"# : "")}"#
    }

    /// Reads a message from anybody; nil when it is no notice.
    static func decode(_ payload: [UInt8], root: ExecutionID) -> EventNotice? {
        guard let object = (try? JSONValue(parsing: payload, limits: limits))?.object,
            let id = object["executionId"]?.string.flatMap({ ExecutionID($0) }), let position = object["seq"]?.int64
        else { return nil }
        return EventNotice(executionID: id, rootID: root, position: position, isEnd: object["ended"] == true)
    }
}
