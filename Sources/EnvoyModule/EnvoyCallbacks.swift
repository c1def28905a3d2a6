// Envoy's functions, found by name when the module is loaded: one that a version of Envoy lacks is a message then. Bound by the
// linker, it would end Envoy when it is first called.

import CEnvoy
import Glibc
import Telemetry

/// Envoy's functions.
enum Envoy {
    /// The version of Envoy's interface that the declarations are of.
    static let abiVersion: StaticString = "v0.1.0"
    /// The versions of Envoy that have it.
    static let versions = "1.38, 1.39 and 1.40"

    /// The functions; nil when one that is needed is missing.
    static let found: envoy_callbacks? = missing.isEmpty ? resolve() : nil

    /// The functions, where Envoy calls the module: it does only when all were found.
    static var callbacks: envoy_callbacks {
        @inline(__always) get { required }
    }

    private static let required: envoy_callbacks = {
        guard let found else { fatalError("called by an Envoy that was told not to") }
        return found
    }()

    /// The names of functions that are needed and missing.
    static let missing: [String] = needed.filter { address("envoy_dynamic_module_callback_\($0)") == nil }
        .map { "envoy_dynamic_module_callback_\($0)" }

    private static let needed = [
        "log", "get_concurrency", "is_validation_mode", "http_get_headers_size", "http_get_headers", "http_get_header",
        "http_add_header", "http_set_header", "http_send_response", "http_get_body_chunks_size",
        "http_get_body_chunks", "http_received_buffered_request_body", "http_get_buffer_limit",
        "http_set_buffer_limit", "http_set_dynamic_metadata_string", "http_filter_get_attribute_string",
        "http_filter_get_worker_index", "get_most_specific_route_config", "http_filter_scheduler_new",
        "http_filter_scheduler_commit", "http_filter_scheduler_delete", "http_filter_continue_decoding",
    ]

    private static func address(_ name: String) -> UnsafeMutableRawPointer? { dlsym(nil, name) }

    private static func resolve() -> envoy_callbacks {
        envoy_callbacks(
            log: find("log"), get_concurrency: find("get_concurrency"), is_validation_mode: find("is_validation_mode"),
            get_headers_size: find("http_get_headers_size"), get_headers: find("http_get_headers"),
            get_header: find("http_get_header"), add_header: find("http_add_header"),
            set_header: find("http_set_header"), send_response: find("http_send_response"),
            get_body_chunks_size: find("http_get_body_chunks_size"), get_body_chunks: find("http_get_body_chunks"),
            received_buffered_request_body: find("http_received_buffered_request_body"),
            get_buffer_limit: find("http_get_buffer_limit"), set_buffer_limit: find("http_set_buffer_limit"),
            set_metadata_string: find("http_set_dynamic_metadata_string"),
            set_metadata_struct: find("http_set_dynamic_metadata_struct"),
            get_attribute: find("http_filter_get_attribute_string"),
            get_direct_remote_address: find("http_get_downstream_direct_remote_address"),
            get_worker_index: find("http_filter_get_worker_index"),
            get_route_config: find("get_most_specific_route_config"), scheduler_new: find("http_filter_scheduler_new"),
            scheduler_commit: find("http_filter_scheduler_commit"),
            scheduler_delete: find("http_filter_scheduler_delete"),
            continue_decoding: find("http_filter_continue_decoding"))
    }

    /// The function `name`, as the field that takes it declares it: a pointer to a C function, or one that may be null.
    private static func find<Function>(_ name: String) -> Function {
        unsafeBitCast(address("envoy_dynamic_module_callback_\(name)"), to: Function.self)
    }

    /// Says in Envoy's log what keeps the module from being used; where that can't be reached, on standard error.
    static func complain(_ text: String) {
        if let log = address("envoy_dynamic_module_callback_log") {
            typealias Log = @convention(c) (CInt, envoy_text) -> Void
            text.withEnvoyText { unsafeBitCast(log, to: Log.self)(CInt(ENVOY_LOG_ERROR.rawValue), $0) }
        } else {
            _ = writeAll(Array("\(text)\n".utf8), to: STDERR_FILENO)
        }
    }
}

extension String {
    /// Calls `body` with the text as Envoy takes it.
    func withEnvoyText<Result>(_ body: (envoy_text) -> Result) -> Result {
        var text = self
        return text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { body(envoy_text(start: $0.baseAddress, count: $0.count)) }
        }
    }
}
