"""A configuration of Envoy that asks Sessiongate by ext_authz, as one with Sessiongate inside: the same rules."""

import yaml

EXT_AUTHZ = "envoy.filters.http.ext_authz"
TYPES = "type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3"
STRUCT = "type.googleapis.com/google.protobuf.Struct"
MODULE = {"name": "sessiongate", "do_not_close": True}
PATH = "/etc/sessiongate/sessiongate.yaml"


def module_filter(**options):
    """The filter in a list of http_filters."""
    return {
        "name": "sessiongate",
        "typed_config": {
            "@type": f"{TYPES}.DynamicModuleFilter",
            "dynamic_module_config": MODULE,
            "filter_name": "sessiongate",
            "filter_config": {"@type": STRUCT, "value": {"config": PATH} | options},
        },
    }


def route_config(value):
    """The module's part of typed_per_filter_config."""
    return {
        "@type": f"{TYPES}.DynamicModuleFilterPerRoute",
        "dynamic_module_config": MODULE,
        "per_route_config_name": "sessiongate",
        "filter_config": {"@type": STRUCT, "value": value},
    }


def with_module(text, **options):
    """The configuration with the module in place of ext_authz; `options` are the filter's."""
    document = yaml.safe_load(text)
    assert sum(_replace(part, options) for part in _parts(document)) >= 1
    return yaml.safe_dump(document)


def _parts(document):
    """All mappings in a document, the innermost first: what is shared is there once."""
    seen = {}

    def walk(part):
        if id(part) in seen or not isinstance(part, dict | list):
            return
        seen[id(part)] = part
        for inner in part.values() if isinstance(part, dict) else part:
            walk(inner)

    walk(document)
    return [part for part in seen.values() if isinstance(part, dict)]


def _replace(part, options):
    """Whether the mapping had the filter."""
    per_route = part.get("typed_per_filter_config", {})
    if EXT_AUTHZ in per_route:
        settings = per_route.pop(EXT_AUTHZ)
        extensions = settings.get("check_settings", {}).get("context_extensions", {})
        value = {name.removeprefix("sessiongate."): said for name, said in extensions.items()}
        value |= {"disabled": True} if settings.get("disabled") else {}
        if value:
            per_route["sessiongate"] = route_config(value)
    filters = part.get("http_filters", [])
    names = [entry["name"] for entry in filters]
    if EXT_AUTHZ not in names:
        return False
    filters[names.index(EXT_AUTHZ)] = module_filter(**options)
    return True
