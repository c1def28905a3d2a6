"""What a forecast must say, counted the plain way."""

import math
from collections import Counter, defaultdict

SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}


def count(requests, policies):
    """The rows for `requests`, (seconds, key, class, consumer, weight) each, without `top`; by policy, class, unit."""
    rows = {}
    for policy, settings in policies.items():
        limits = settings["limits"]
        for name, units in limits.items():
            own = [one for one in requests if (one[2] if one[2] in limits else "*") == name]
            for unit, limit in units.items():
                rows[policy, name, unit] = _row(own, SECONDS[unit], limit, requests)
    return rows


def _row(requests, seconds, limit, all_requests):
    windows, limited_consumers = Counter(), set()
    for time, key, _, consumer, weight in sorted(requests, key=lambda one: one[0]):
        windows[key, int(time // seconds)] += weight
        if windows[key, int(time // seconds)] > limit and consumer:
            limited_consumers.add(consumer)
    peaks = defaultdict(int)
    for (key, _), number in windows.items():
        peaks[key] = max(peaks[key], number)
    ordered = sorted(peaks.values())

    def rank(share):
        return ordered[math.ceil(share * len(ordered) / 1000) - 1] if ordered else 0

    return {
        "limit": limit,
        "keys": len(peaks),
        "consumers": len({one[3] for one in requests if one[3]}),
        "requests": sum(one[4] for one in requests),
        "limited_keys": sum(number > limit for number in peaks.values()),
        "limited_consumers": len(limited_consumers),
        "limited_requests": sum(max(0, number - limit) for number in windows.values()),
        "limited_windows": sum(number > limit for number in windows.values()),
        "limit_99": rank(990),
        "limit_999": rank(999),
        # Requests that stand for others make estimates of all numbers.
        "exact": all(one[4] <= 1 for one in all_requests),
    }


def plain(report):
    """The rows of a report in the same form."""
    return {
        (row["policy"], row["class"], row["unit"]): {
            name: value for name, value in row.items() if name not in ("policy", "class", "unit", "top", "error")
        }
        for row in report["rows"]
    }
