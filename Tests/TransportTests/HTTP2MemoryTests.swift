// The free lists that nghttp2's blocks come from.

import CNative.HTTP2
import Testing
import Transport

@Suite struct HTTP2MemoryTests {
    /// Blocks don't overlap, keep what is written to them, and come back for those that ask next.
    @Test func blocksAreApartAndUsedAgain() throws {
        let memory = HTTP2Memory()
        let functions = memory.functions
        let user = functions.mem_user_data
        for _ in 0..<3 {
            var blocks: [(UnsafeMutableRawPointer, Int)] = []
            for size in [0, 1, 7, 63, 64, 65, 128, 1000, 1023, 1024, 1025, 70_000] + Array(0..<200) {
                let block = try #require(functions.malloc(size, user))
                block.initializeMemory(as: UInt8.self, repeating: UInt8(size & 255), count: size)
                blocks.append((block, size))
            }
            #expect(Set(blocks.map { $0.0 }).count == blocks.count)
            for (block, size) in blocks {
                let bytes = UnsafeRawBufferPointer(start: block, count: size)
                #expect(bytes.allSatisfy { $0 == UInt8(size & 255) })
                functions.free(block, user)
            }
        }
        let block = functions.malloc(100, user)
        functions.free(block, user)
        #expect(functions.malloc(120, user) == block)
        functions.free(block, user)
        functions.free(nil, user)
    }

    @Test func whatIsClearedIsClear() throws {
        let memory = HTTP2Memory()
        let functions = memory.functions
        let dirty = try #require(functions.malloc(300, functions.mem_user_data))
        dirty.initializeMemory(as: UInt8.self, repeating: 0xFF, count: 300)
        functions.free(dirty, functions.mem_user_data)
        let block = try #require(functions.calloc(3, 100, functions.mem_user_data))
        #expect(block == dirty)
        #expect(UnsafeRawBufferPointer(start: block, count: 300).allSatisfy { $0 == 0 })
        functions.free(block, functions.mem_user_data)
        #expect(functions.calloc(.max, 2, functions.mem_user_data) == nil)
    }

    @Test func whatGrowsAndShrinksKeepsItsBytes() throws {
        let memory = HTTP2Memory()
        let functions = memory.functions
        var block = functions.realloc(nil, 10, functions.mem_user_data)
        for index in 0..<10 { block?.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self) }
        for size in [11, 64, 65, 900, 5000, 100_000, 2000, 10] {
            block = functions.realloc(block, size, functions.mem_user_data)
            let bytes = UnsafeRawBufferPointer(start: block, count: 10)
            #expect(Array(bytes) == Array(0..<10))
        }
        functions.free(block, functions.mem_user_data)
    }

    /// A flood is not remembered: of each size only so much is kept.
    @Test func whatIsKeptIsBounded() {
        let memory = HTTP2Memory()
        let functions = memory.functions
        let blocks = (0..<100_000).map { _ in functions.malloc(1000, functions.mem_user_data) }
        for block in blocks { functions.free(block, functions.mem_user_data) }
        #expect(memory.keptBytes > 0 && memory.keptBytes <= 1 << 16)
    }
}
