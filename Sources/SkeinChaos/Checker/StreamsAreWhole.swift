import SkeinCore

/// Every subscriber saw the events of the log, each once, in order, without a gap, over all its connections.
struct StreamsAreWhole: Invariant {
    static let name = "I13 streams are whole"

    func check(_ history: History, _ finding: inout Evidence) {
        let streams = Dictionary(grouping: history.streams) {
            "\($0.execution.string ?? "") #\($0.subscriber.int ?? 0)"
        }
        for (name, frames) in streams {
            var next: Int64 = 1
            for frame in frames {
                let seq = frame.seq.int64 ?? 0
                finding.expect(
                    seq == next, "\(name): \(seq) came where \(next) was to come (\(frame.instance.string ?? ""))")
                next = seq + 1
            }
            let last = history.log[frames.first?.execution.string ?? ""]?.last?.last ?? 0
            finding.expect(next - 1 <= last, "\(name): \(next - 1) came, the log ends at \(last)")
        }
    }
}
