import ArgumentParser
import Foundation
import Service
import Tools

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain step by step how requests are decided.",
        discussion: """
            Reads from a file or standard input: the same as `check`, or a curl command line, or a request as it goes over \
            the wire, which is decided as if Envoy had sent it; or all that `curl -v` prints, of which the first request is \
            taken (without its body, which curl does not print). Prints for each request: the \
            credential and where it was found, the signed parameters by source, the signature base string, each check with \
            its result, the user, consumer and acceptance, the session cookie and its times, and what the edge gets. A \
            check that failed is marked FAILED. Secrets are not shown, signatures and tokens are shortened.

            With --request-id it explains a request that the running server has refused and kept \
            (`decisions.keep_refused`): the id is in the logs of Envoy and Sessiongate. The server is asked at its \
            configured `server.admin`.

            Example:
              echo "curl -H 'Authorization: OAuth junk' https://wiki.example/w/api.php" |
                sessiongate explain --config demo/sessiongate.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    @OptionGroup(title: "TLS to the admin listener, with --request-id") var tls: AdminTLSOptions

    @Option(help: ArgumentHelp("The time of the checks, as for `check`.", valueName: "request|now|epoch"))
    var clock: Check.Clock = Check.Clock(value: .now)

    @Option(help: ArgumentHelp("Explain this request, which the running server has refused.", valueName: "id"))
    var requestId: String?

    @Argument(help: ArgumentHelp("The file to read instead of standard input.", valueName: "file"))
    var file: String?

    func run() throws {
        let loaded = try option.load()
        if let requestId { return try explain(requestId, loaded) }
        let input = try Input(file)
        let replay = try replay(loaded, clock.value)
        let kind = RequestText.kind(of: input.beginning)
        guard kind == .checkRequests else { return try explain(input.all(), kind, replay) }
        var isFirst = true
        let isClean = replay.runExplaining(
            input: { input.next() },
            output: { explanation in
                emit(isFirst ? "" : "\n────────\n")
                show(explanation)
                isFirst = false
            },
            complain: { line, error in complain("line \(line): \(error)") })
        if isFirst, isClean { complain("error: there is no request in the input") }
        guard isClean, !isFirst else { throw ExitCode(2) }
    }

    private func replay(_ loaded: LoadedConfiguration, _ clock: Replay.Clock) throws -> Replay {
        try orExit { () throws(ConfigurationErrors) in try Replay(loaded, clock: clock) }
    }

    private func explain(_ text: [UInt8], _ kind: RequestText.Kind, _ replay: Replay) throws {
        do {
            let message = try RequestText.checkRequest(text, kind)
            show(try message.withBytes { try replay.explain(message: $0) })
        } catch {
            complain("error: \(error)")
            throw ExitCode(2)
        }
    }

    private func explain(_ id: String, _ loaded: LoadedConfiguration) throws {
        do {
            let client = try AdminClient(AdminConfiguration(loaded), tls: tls.files)
            let answer = try client.get("/v1/refusals", ["request_id": id])
            show(try replay(loaded, .request).explain(RecordedRefusal(json: answer)))
        } catch let error as AdminClient.Failure {
            complain("error: \(error)")
            throw ExitCode(2)
        } catch let error as ReplayError {
            complain("error: \(error)")
            throw ExitCode(2)
        }
    }

    private func show(_ explanation: Explanation) { emit(explanation.text(isColoured: isatty(STDOUT_FILENO) == 1)) }

    /// What is read: the beginning tells what it is.
    private final class Input {
        let beginning: [UInt8]
        private var isBeginningTaken = false
        private let handle: Int32

        init(_ file: String?) throws {
            handle = file.map { open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
            if handle < 0 {
                complain("error: \(file ?? ""): \(String(cString: strerror(errno)))")
                throw ExitCode(2)
            }
            beginning = standardInputChunk(handle) ?? []
        }

        func next() -> [UInt8]? {
            if isBeginningTaken { return standardInputChunk(handle) }
            isBeginningTaken = true
            return beginning.isEmpty ? nil : beginning
        }

        func all() -> [UInt8] {
            var all: [UInt8] = []
            while let chunk = next() { all += chunk }
            return all
        }
    }
}
