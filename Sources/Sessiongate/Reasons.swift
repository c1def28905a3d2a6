import ArgumentParser
import Service

struct Reasons: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what the reasons of refusals and the faults mean, who can mend them, and how.",
        discussion: """
            The codes are those of the metadata, the log, the decision log and the metrics.

            Example:
              sessiongate reasons timestamp
            """)

    @Argument(help: ArgumentHelp("Only codes that contain this.", valueName: "word"))
    var word: String?

    @Flag(help: "Print the tables of deploy/refusals.md.")
    var markdown = false

    func run() throws {
        if markdown { return emit("\(ReasonReference.reasonTable)\n\(ReasonReference.faultTable)") }
        let text = ReasonReference.text(matching: word)
        guard !text.isEmpty else { throw ValidationError("no code contains \(word ?? "")") }
        emit(text)
    }
}
