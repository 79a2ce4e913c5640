import Skein
import SkeinCore
import Testing

@Suite struct CandidacyTests {
    static let worker = WorkerID(raw: .v4(random: 4, 4))

    @Test func `a candidate is read as it is written, with a term and without`() {
        for candidacy in [Candidacy(Self.worker), Candidacy(Self.worker, term: 12)] {
            #expect(Candidacy("\(candidacy)") == candidacy)
        }
        #expect("\(Candidacy(Self.worker, term: 12))" == "\(Self.worker):12")
    }

    @Test(arguments: [
        "", "somebody", "somebody:1", "7f8f4763-0000-4000-8000-00bed6898d80:", "7f8f4763-0000-4000-8000-00bed6898d80:x",
    ])
    func `what is no candidate is nobody`(text: String) {
        #expect(Candidacy(text) == nil)
    }
}
