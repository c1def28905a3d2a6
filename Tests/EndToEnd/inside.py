"""A configuration of Envoy that asks Sessiongate by ext_authz, as one with Sessiongate inside: the same rules."""

import functools
import re
import subprocess

import stack
import yaml

# The Envoys that the module is for, and those that take nested metadata of it.
SINCE, NESTED_SINCE = (1, 38), (1, 40)
EXT_AUTHZ = "envoy.filters.http.ext_authz"
TYPES = "type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3"
STRUCT = "type.googleapis.com/google.protobuf.Struct"
MODULE = {"name": "sessiongate", "do_not_close": True}
PATH = "/etc/sessiongate/sessiongate.yaml"


@functools.cache
def envoy_version():
    """Major and minor version of the Envoy under test."""
    printed = subprocess.run([stack.ENVOY, "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(int(part) for part in re.search(r"/(\d+)\.(\d+)\.\d+/", printed).groups())


def samples(kind):
    """The sample with the module, made by `kind`, where this Envoy takes one."""
    return {"envoy-module": kind} if envoy_version() >= SINCE else {}


def flattened(text):
    """The configuration with metadata by one key, for Envoys that take none that is nested."""
    if envoy_version() >= NESTED_SINCE:
        return text

    def path(match):
        return "path: [{ key: " + ".".join(re.findall(r"key: (\w+)", match[0])) + " }]"

    text = re.sub(r"path: \[\{ key: session \}(, \{ key: \w+ \})+\]", path, text)
    return re.sub(r"(?<=:)session(:\w+)+(?=\)%)", lambda match: match[0].replace(":", "."), text)


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
        "filter_name": "sessiongate",
        "filter_config": {"@type": STRUCT, "value": value},
    }


def with_module(text, **options):
    """The configuration with the module in place of ext_authz; `options` are the filter's."""
    document = yaml.safe_load(text)
    parts = _parts(document)
    assert sum(_replace(part, options) for part in parts) >= 1
    for part in parts:
        _inherit(part)
        if part.get("name") == "sessiongate":
            # What is left of it is where the keys are published: the admin listener, which speaks HTTP/1.1.
            part.pop("typed_extension_protocol_options", None)
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


def _inherit(host):
    """Has a virtual host's routes say what it says itself: the module sees the most specific configuration alone."""
    said = _said(host)
    for route in host.get("routes", []) if said else []:
        if own := _said(route):
            own |= said | own


def _said(part):
    """What the module's configuration of a route or virtual host says."""
    config = (part.get("typed_per_filter_config") or {}).get("sessiongate")
    return config["filter_config"]["value"] if config else {}


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
