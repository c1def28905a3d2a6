// PEM blocks (RFC 7468), found as OpenSSL finds them: whatever stands around a block is skipped, since MediaWiki accepts such keys.

import CNative.OpenSSL
import Bytes

/// One decoded PEM block; wiped when dropped, as it may be a private key.
final class PEMBlock {
    /// The text between `-----BEGIN ` and `-----`.
    let label: String
    /// Encrypted in the old style, by headers within the block.
    let encrypted: Bool
    private let contents: UnsafeMutableRawBufferPointer

    private init(label: String, encrypted: Bool, contents: UnsafeMutableRawBufferPointer) {
        self.label = label
        self.encrypted = encrypted
        self.contents = contents
    }

    deinit {
        CRYPTO_clear_free(contents.baseAddress, contents.count, nil, 0)
    }

    /// The DER inside, valid while the block is.
    var der: Bytes { Bytes(UnsafeRawBufferPointer(contents)) }

    /// Largest input: a certificate with everything is a few KiB.
    static let sizeLimit = 65_536
    private static let countLimit = 16

    /// The blocks of `pem` in order, up to the first that can't be decoded.
    static func blocks(of pem: Bytes) throws(KeyError) -> [PEMBlock] {
        guard pem.count <= sizeLimit else { throw .tooLarge(limit: sizeLimit) }
        guard let base = pem.buffer.baseAddress, !pem.isEmpty else { return [] }
        guard let input = BIO_new_mem_buf(base, CInt(pem.count)) else { throw .libraryFailure }
        defer {
            BIO_free(input)
            ERR_clear_error()
        }
        var blocks: [PEMBlock] = []
        while blocks.count < countLimit, let block = next(in: input) { blocks.append(block) }
        return blocks
    }

    private static func next(in input: OpaquePointer) -> PEMBlock? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard PEM_read_bio(input, &name, &header, &data, &length) == 1, let name, let header else { return nil }
        defer {
            CRYPTO_free(name, nil, 0)
            CRYPTO_free(header, nil, 0)
        }
        return PEMBlock(
            label: String(cString: name), encrypted: header.pointee != 0,
            contents: UnsafeMutableRawBufferPointer(start: data, count: length))
    }
}
