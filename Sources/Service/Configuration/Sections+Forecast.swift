// The table of all keys, continued: rate limits that are tried out.

import Forecast

extension ConfigurationSection {
    static let forecast = ConfigurationSection(
        "forecast",
        "Rate limits that are tried out: whom they would hit, before a gateway enforces them. Nothing is decided by them. "
            + "deploy/forecast.md explains the report.",
        [
            ConfigurationKey(
                "forecast.policies", \.forecast, .forecastPolicies,
                "Policies by name, several side by side. Each says how many requests of one key (rate_limit_key; the client's "
                    + "address of anonymous requests) may come in a SECOND, MINUTE, HOUR or DAY, by rate limit class. "
                    + "\"*\", in quotes, holds for the classes that a policy does not name, and for requests without one.",
                example: """
                    strict:
                      limits:
                        anon: {SECOND: 10, MINUTE: 200}
                        authed-user: {MINUTE: 500}
                        "*": {HOUR: 10000}
                    """)
        ])
}
