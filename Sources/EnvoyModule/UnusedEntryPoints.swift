// Hooks that Envoy insists on and that nothing is to be done in.

import CEnvoy

/// A part of the answer's body: it passes.
@_cdecl("envoy_dynamic_module_on_http_filter_response_body")
public func onResponseBody(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ isEnd: Bool) -> CInt {
    CInt(ENVOY_BODY_CONTINUE.rawValue)
}

/// The answer's trailers: they pass.
@_cdecl("envoy_dynamic_module_on_http_filter_response_trailers")
public func onResponseTrailers(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer) -> CInt {
    CInt(ENVOY_CONTINUE.rawValue)
}

/// The stream is complete.
@_cdecl("envoy_dynamic_module_on_http_filter_stream_complete")
public func onStreamComplete(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer) {}

/// The client reads too slowly.
@_cdecl("envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark")
public func onAboveHighWatermark(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer) {}

/// The client reads again.
@_cdecl("envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark")
public func onBelowLowWatermark(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer) {}

/// No request of the module's own is ever made.
@_cdecl("envoy_dynamic_module_on_http_filter_http_callout_done")
public func onCalloutDone(
    _ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ id: UInt64, _ result: CInt,
    _ headers: UnsafeMutablePointer<envoy_header>?, _ headerCount: Int, _ body: UnsafeMutablePointer<envoy_text>?,
    _ bodyCount: Int
) {}

/// No request of the module's own is ever made.
@_cdecl("envoy_dynamic_module_on_http_filter_http_stream_headers")
public func onStreamHeaders(
    _ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ id: UInt64,
    _ headers: UnsafeMutablePointer<envoy_header>?, _ headerCount: Int, _ isEnd: Bool
) {}

/// No request of the module's own is ever made.
@_cdecl("envoy_dynamic_module_on_http_filter_http_stream_data")
public func onStreamData(
    _ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ id: UInt64, _ body: UnsafePointer<envoy_text>?,
    _ bodyCount: Int, _ isEnd: Bool
) {}

/// No request of the module's own is ever made.
@_cdecl("envoy_dynamic_module_on_http_filter_http_stream_trailers")
public func onStreamTrailers(
    _ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ id: UInt64,
    _ trailers: UnsafeMutablePointer<envoy_header>?, _ count: Int
) {}

/// No request of the module's own is ever made.
@_cdecl("envoy_dynamic_module_on_http_filter_http_stream_complete")
public func onCalloutStreamComplete(_ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ id: UInt64) {}

/// No request of the module's own is ever made.
@_cdecl("envoy_dynamic_module_on_http_filter_http_stream_reset")
public func onCalloutStreamReset(
    _ envoy: UnsafeMutableRawPointer, _ stream: UnsafeRawPointer, _ id: UInt64, _ reason: CInt
) {}
