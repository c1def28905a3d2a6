import Testing
import Bytes
import EnvoyProtocol

@Suite struct GRPCFrameTests {
    @Test func readsThePrefix() {
        func frame(_ bytes: [UInt8]) -> GRPCFrame? { bytes.withBytes { view in GRPCFrame(view) } }
        #expect(frame([0, 0, 0, 0, 0])?.length == 0 && frame([0, 0, 0, 0, 0])?.isCompressed == false)
        #expect(frame([0, 0, 0, 1, 2, 9, 9])?.length == 258)
        #expect(frame([1, 0, 0, 0, 7])?.isCompressed == true && frame([2, 0, 0, 0, 7])?.isCompressed == true)
        #expect(frame([0, 0xFF, 0xFF, 0xFF, 0xFF])?.length == 4_294_967_295)
        for count in 0..<5 { #expect(frame([UInt8](repeating: 0, count: count)) == nil) }
    }

    @Test(arguments: [0, 1, 255, 256, 70_000]) func writesWhatItReads(_ length: Int) {
        let message = [UInt8](repeating: 7, count: length)
        var output: [UInt8] = [9]
        message.withBytes { bytes in GRPCFrame.append(bytes, into: &output) }
        #expect(output.count == 1 + 5 + length && output[0] == 9)
        output.withBytes { bytes in
            let frame = GRPCFrame(bytes.dropFirst(1))
            #expect(frame?.length == length && frame?.isCompressed == false)
        }
    }
}
