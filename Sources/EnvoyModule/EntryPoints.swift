// What Envoy calls: the hooks of its dynamic modules for HTTP filters. They only turn pointers into objects. They are public for the
// linker, which would leave them out otherwise; `exports.map` hides everything else.
//
//     program_init ─ config_new ─ new ─ request_headers … response_headers … destroy ─ config_destroy
//     main thread    main thread  └──────────── one of Envoy's workers ────────────┘

import Bytes
import CEnvoy
import Provenance
import Service
import Sessions

/// Envoy has loaded the module. Null refuses it.
@_cdecl("envoy_dynamic_module_on_program_init")
public func onProgramInit() -> UnsafePointer<CChar>? {
    guard Envoy.missing.isEmpty else {
        Envoy.complain(
            "sessiongate \(Version.current) needs Envoy \(Envoy.versions); this one lacks \(Envoy.missing.joined(separator: ", "))"
        )
        return nil
    }
    return UnsafeRawPointer(Envoy.abiVersion.utf8Start).assumingMemoryBound(to: CChar.self)
}

// MARK: - Configuration

/// A filter is configured. Null refuses the configuration.
@_cdecl("envoy_dynamic_module_on_http_filter_config_new")
public func onConfigNew(
    _ envoy: UnsafeMutableRawPointer, _ name: envoy_text, _ configuration: envoy_text
) -> UnsafeRawPointer? {
    guard Envoy.found != nil, let filter = FilterLoader.load(configuration.bytes) else { return nil }
    return UnsafeRawPointer(Unmanaged.passRetained(filter).toOpaque())
}

/// A filter's configuration is gone, and all its streams are.
@_cdecl("envoy_dynamic_module_on_http_filter_config_destroy")
public func onConfigDestroy(_ filter: UnsafeRawPointer?) {
    if let filter { Unmanaged<Filter>.fromOpaque(filter).release() }
}

/// A route is configured. Null refuses the configuration.
@_cdecl("envoy_dynamic_module_on_http_filter_per_route_config_new")
public func onRouteConfigNew(_ name: envoy_text, _ configuration: envoy_text) -> UnsafeRawPointer? {
    guard Envoy.found != nil, let route = FilterLoader.loadRoute(configuration.bytes) else { return nil }
    return UnsafeRawPointer(Unmanaged.passRetained(route).toOpaque())
}

/// A route's configuration is gone.
@_cdecl("envoy_dynamic_module_on_http_filter_per_route_config_destroy")
public func onRouteConfigDestroy(_ route: UnsafeRawPointer?) {
    if let route { Unmanaged<RouteConfiguration>.fromOpaque(route).release() }
}

// MARK: - Streams

/// A request begins.
@_cdecl("envoy_dynamic_module_on_http_filter_new")
public func onNew(_ filter: UnsafeRawPointer, _ envoy: UnsafeMutableRawPointer) -> UnsafeRawPointer? {
    let filter = Unmanaged<Filter>.fromOpaque(filter)
    return UnsafeRawPointer(Unmanaged.passRetained(Stream(filter)).toOpaque())
}

/// Its header fields are there.
@_cdecl("envoy_dynamic_module_on_http_filter_request_headers")
public func onRequestHeaders(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ isEnd: Bool) -> CInt {
    Stream.at(stream).onHeaders(envoy, isEnd: isEnd)
}

/// A part of its body is there.
@_cdecl("envoy_dynamic_module_on_http_filter_request_body")
public func onRequestBody(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ isEnd: Bool) -> CInt {
    Stream.at(stream).onBody(envoy, isEnd: isEnd)
}

/// Its trailers are there.
@_cdecl("envoy_dynamic_module_on_http_filter_request_trailers")
public func onRequestTrailers(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer) -> CInt {
    Stream.at(stream).onTrailers(envoy)
}

/// What was looked up for it is there.
@_cdecl("envoy_dynamic_module_on_http_filter_scheduled")
public func onScheduled(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ event: UInt64) {
    Stream.at(stream).onScheduled(envoy, event)
}

/// The header fields of its answer are there: the upstream's, or those of a local reply of Envoy's.
@_cdecl("envoy_dynamic_module_on_http_filter_response_headers")
public func onResponseHeaders(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ isEnd: Bool) -> CInt {
    Stream.at(stream).onResponseHeaders(envoy)
    return CInt(ENVOY_CONTINUE.rawValue)
}

/// It is over, perhaps while something is looked up for it.
@_cdecl("envoy_dynamic_module_on_http_filter_destroy")
public func onDestroy(_ stream: UnsafeRawPointer) {
    let stream = Unmanaged<Stream>.fromOpaque(stream)
    stream.takeUnretainedValue().end()
    stream.release()
}
