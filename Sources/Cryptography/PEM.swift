// PEM blocks (RFC 7468), found as OpenSSL finds them: text around a block is skipped, since MediaWiki accepts such keys.

import CNative.OpenSSL
import Bytes

/// One decoded PEM block. Its bytes are wiped when it is dropped, as it may be a private key.
final class PEMBlock {
    /// The text between `-----BEGIN ` and `-----`.
    let label: String
    /// Encrypted in the old style, by headers within the block.
    let isEncrypted: Bool
    private let contents: UnsafeMutableRawBufferPointer

    private init(label: String, isEncrypted: Bool, contents: UnsafeMutableRawBufferPointer) {
        self.label = label
        self.isEncrypted = isEncrypted
        self.contents = contents
    }

    deinit {
        CRYPTO_clear_free(contents.baseAddress, contents.count, nil, 0)
    }

    /// The DER inside, valid while the block is.
    var der: Bytes { Bytes(UnsafeRawBufferPointer(contents)) }

    /// Largest input in bytes: a certificate with everything is a few KiB.
    static let maxBytes = 65_536
    private static let maxBlocks = 16

    /// The blocks of `pem` in order, up to the first that can't be decoded.
    /// - Throws: `KeyError.tooLarge`.
    static func blocks(of pem: Bytes) throws(KeyError) -> [PEMBlock] {
        guard pem.count <= maxBytes else { throw .tooLarge(limit: maxBytes) }
        guard let base = pem.buffer.baseAddress, !pem.isEmpty else { return [] }
        guard let input = BIO_new_mem_buf(base, CInt(pem.count)) else { throw .libraryFailure }
        defer {
            BIO_free(input)
            ERR_clear_error()
        }
        var blocks: [PEMBlock] = []
        while blocks.count < maxBlocks, let block = next(in: input) { blocks.append(block) }
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
            label: String(cString: name), isEncrypted: header.pointee != 0,
            contents: UnsafeMutableRawBufferPointer(start: data, count: length))
    }
}

extension PKey {
    /// Reads a public key in PEM form: `CERTIFICATE`, `PUBLIC KEY` or `RSA PUBLIC KEY`. As in PHP the first certificate comes
    /// before the first key.
    /// - Throws: `KeyError` when there is none, or when it is malformed or private.
    static func readPublic(pem: Bytes) throws(KeyError) -> PKey {
        let expected = "PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE"
        let blocks = try PEMBlock.blocks(of: pem)
        for label in ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY"] {
            guard let block = blocks.first(where: { $0.label == label }) else { continue }
            if let key = PKey(label: label, der: block.der) { return key }
        }
        if blocks.contains(where: { $0.label.hasSuffix("PRIVATE KEY") }) { throw .privateKeyGiven }
        throw blocks.isEmpty ? .noKey(expected: expected) : .malformed(expected: expected)
    }

    /// Reads the first private key in PEM form, which must not be encrypted: `PRIVATE KEY` (PKCS #8), `RSA PRIVATE KEY`
    /// (PKCS #1) or `EC PRIVATE KEY` (SEC 1).
    /// - Throws: `KeyError` when there is none, or when it is malformed, encrypted or public.
    static func readPrivate(pem: Bytes) throws(KeyError) -> PKey {
        let expected = "PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY"
        let blocks = try PEMBlock.blocks(of: pem)
        if let block = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) {
            guard !block.isEncrypted, block.label != "ENCRYPTED PRIVATE KEY" else { throw .encrypted }
            guard let key = PKey(label: block.label, der: block.der) else { throw .malformed(expected: expected) }
            return key
        }
        if blocks.contains(where: { $0.label.hasSuffix("PUBLIC KEY") || $0.label == "CERTIFICATE" }) {
            throw .publicKeyGiven
        }
        throw blocks.isEmpty ? .noKey(expected: expected) : .malformed(expected: expected)
    }
}
