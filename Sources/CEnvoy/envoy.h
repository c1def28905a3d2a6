// What is used of Envoy's interface for dynamic modules, ABI v0.1.0, as its documentation describes it: Envoy 1.38, 1.39 and 1.40.
// Names are shorter than Envoy's; `EnvoyCallbacks.swift` says which function each one is, and finds it when the module is loaded.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A text of either side. Envoy's are valid until the event that they were asked for in ends, or something is set.
struct envoy_text {
    const char *_Nullable start;
    size_t count;
};

// A header field.
struct envoy_header {
    const char *_Nullable name;
    size_t name_count;
    const char *_Nullable value;
    size_t value_count;
};

enum envoy_headers { ENVOY_REQUEST_HEADERS = 0, ENVOY_RESPONSE_HEADERS = 2 };

// What was received with the event under way, and what Envoy has kept of the body before.
enum envoy_body { ENVOY_RECEIVED_REQUEST_BODY = 0, ENVOY_BUFFERED_REQUEST_BODY = 1 };

enum envoy_log_level { ENVOY_LOG_DEBUG = 1, ENVOY_LOG_INFO = 2, ENVOY_LOG_WARNING = 3, ENVOY_LOG_ERROR = 4 };

// The attribute `source.address`.
enum envoy_attribute { ENVOY_SOURCE_ADDRESS = 24 };

// What a filter answers to header fields, and to a part of a body or its trailers.
enum envoy_headers_status { ENVOY_CONTINUE = 0, ENVOY_STOP = 1, ENVOY_STOP_ALL = 4 };
enum envoy_body_status { ENVOY_BODY_CONTINUE = 0, ENVOY_BODY_BUFFER = 1, ENVOY_BODY_DROP = 3 };

// Envoy's functions. Those that are null are not in every version.
struct envoy_callbacks {
    void (*_Nonnull log)(int level, struct envoy_text message);
    uint32_t (*_Nonnull get_concurrency)(void);
    bool (*_Nonnull is_validation_mode)(void);

    size_t (*_Nonnull get_headers_size)(void *_Nonnull filter, int headers);
    bool (*_Nonnull get_headers)(void *_Nonnull filter, int headers, struct envoy_header *_Nonnull result);
    bool (*_Nonnull get_header)(
        void *_Nonnull filter, int headers, struct envoy_text name, struct envoy_text *_Nonnull result, size_t index,
        size_t *_Nullable count);
    bool (*_Nonnull add_header)(void *_Nonnull filter, int headers, struct envoy_text name, struct envoy_text value);
    // A value that is null removes the field.
    bool (*_Nonnull set_header)(void *_Nonnull filter, int headers, struct envoy_text name, struct envoy_text value);
    void (*_Nonnull send_response)(
        void *_Nonnull filter, uint32_t status, const struct envoy_header *_Nullable headers, size_t count,
        struct envoy_text body, struct envoy_text details);

    size_t (*_Nonnull get_body_chunks_size)(void *_Nonnull filter, int body);
    bool (*_Nonnull get_body_chunks)(void *_Nonnull filter, int body, struct envoy_text *_Nonnull result);
    // Whether what was received is what an earlier filter had kept.
    bool (*_Nonnull received_buffered_request_body)(void *_Nonnull filter);
    uint64_t (*_Nonnull get_buffer_limit)(void *_Nonnull filter);
    void (*_Nonnull set_buffer_limit)(void *_Nonnull filter, uint64_t limit);

    void (*_Nonnull set_metadata_string)(
        void *_Nonnull filter, struct envoy_text space, struct envoy_text key, struct envoy_text value);
    // 1.40: an encoded google.protobuf.Struct.
    void (*_Nullable set_metadata_struct)(void *_Nonnull filter, struct envoy_text space, struct envoy_text value);

    bool (*_Nonnull get_attribute)(void *_Nonnull filter, int attribute, struct envoy_text *_Nonnull result);
    // 1.40: where the connection comes from, whatever x-forwarded-for says.
    bool (*_Nullable get_direct_remote_address)(void *_Nonnull filter, struct envoy_text *_Nonnull result);
    uint32_t (*_Nonnull get_worker_index)(void *_Nonnull filter);
    const void *_Nullable (*_Nonnull get_route_config)(void *_Nonnull filter);

    void *_Nullable (*_Nonnull scheduler_new)(void *_Nonnull filter);
    void (*_Nonnull scheduler_commit)(void *_Nonnull scheduler, uint64_t event);
    void (*_Nonnull scheduler_delete)(void *_Nonnull scheduler);
    void (*_Nonnull continue_decoding)(void *_Nonnull filter);
};
