// The fuzzer: `TARGET=<name> Fuzz <options and folders of libFuzzer>`. `make fuzz` builds and runs it.
//
//     libFuzzer ── bytes ──▶ FuzzTarget.run ──▶ the code under test
//         ▲                                          │
//         └──── which branches were taken, what was compared with what: the compiler counts that (-sanitize=fuzzer)
//
// An input that breaks a promise of its target ends the process, as a crash does, so that libFuzzer keeps it.

import Bytes
import CFuzzer
import FuzzTargets
import Glibc

@main struct Fuzz {
    /// The target under test, named by the environment: libFuzzer starts itself again with its own arguments.
    private static let target: FuzzTarget = {
        if let name = getenv("TARGET"), let target = FuzzTarget.named(String(cString: name)) { return target }
        print("TARGET is one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
        exit(2)
    }()

    static func main() {
        var (count, arguments) = (CommandLine.argc, Optional(CommandLine.unsafeArgv))
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { data, size in
                Fuzz.target.runOrTrap(Bytes(UnsafeBufferPointer(start: data, count: size)))
                return 0
            })
    }
}
