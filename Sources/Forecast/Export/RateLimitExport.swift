// Policies as configuration of Envoy's rate limit service (github.com/envoyproxy/ratelimit), and the actions of an Envoy route that ask
// it. A request is asked about once for each policy and unit, since a descriptor of the service has one limit:
//
//     (policy, strict) (unit, MINUTE) (class, anon) (key, jwt-sub:mw:local:wiki:2)             with a rate_limit_key
//     (policy, strict) (unit, MINUTE) (class, anon) (key, -) (remote_address, 203.0.113.5)     without one
//
// A descriptor of the service without a value stands for all values that are not named beside it, and counts each by itself.

import Bytes

/// What enforces the limits of policies.
package struct RateLimitExport {
    /// What stands for a class or a key that a request does not have.
    private static let absent = "-"

    /// The policies.
    package var policies: [ForecastPolicy]
    /// The rate limit service's domain, as the Envoy filter names it.
    package var domain: String
    /// Whether the service counts without limiting.
    package var isShadow = false
    /// Whether every request that is to be limited has a key and a class in its metadata (`edge.limit_all`).
    package var limitsAll = false

    /// An export.
    package init(_ policies: [ForecastPolicy], domain: String) { (self.policies, self.domain) = (policies, domain) }

    /// The configuration of the service, YAML.
    package var service: String {
        var text = "domain: \(quoted(domain))\ndescriptors:\n"
        for policy in policies {
            text += "  - key: policy\n    value: \(quoted(policy.name))\n    descriptors:\n"
            for unit in units(of: policy) {
                text += "      - key: unit\n        value: \(unit.rawValue)\n        descriptors:\n"
                text += policy.classes.map { descriptors(of: policy, $0, unit) }.joined()
            }
        }
        return text
    }

    /// A class with its keys. One that is named and has no limit for the unit is named here too, so that it is none of the others.
    private func descriptors(of policy: ForecastPolicy, _ name: String, _ unit: LimitUnit) -> String {
        let limit = policy.limits[name]?[unit]
        guard limit != nil || name != ForecastPolicy.otherClasses else { return "" }
        let shadow = isShadow && limit != nil ? "                shadow_mode: true\n" : ""
        let rate =
            limit.map { "{unit: \(unit.rawValue), requests_per_unit: \($0)}" } ?? "{unlimited: true}"
        var text = "          - key: class\n"
        if name != ForecastPolicy.otherClasses { text += "            value: \(quoted(name))\n" }
        text += "            descriptors:\n              - key: key\n                rate_limit: \(rate)\n\(shadow)"
        if limitsAll { return text }
        return text + """
                          - key: key
                            value: "\(Self.absent)"
                            descriptors:
                              - key: remote_address
                                rate_limit: \(rate)
            \(isShadow && limit != nil ? "                    shadow_mode: true\n" : "")
            """
    }

    /// The `rate_limits` of a route or a virtual host, YAML.
    package var route: String {
        var text = "rate_limits:\n"
        for policy in policies {
            for unit in units(of: policy) {
                text += actions(policy, unit, key: metadata("key", "rate_limit_key"))
                if limitsAll { continue }
                text += actions(policy, unit, key: metadata("key", "rate_limit_key", orElse: Self.absent))
                text += "      - remote_address: {}\n"
            }
        }
        return text
    }

    private func actions(_ policy: ForecastPolicy, _ unit: LimitUnit, key: String) -> String {
        """
          - actions:
              - generic_key: {descriptor_key: policy, descriptor_value: \(quoted(policy.name))}
              - generic_key: {descriptor_key: unit, descriptor_value: \(unit.rawValue)}
              - \(metadata("class", "class", orElse: limitsAll ? nil : Self.absent))
              - \(key)

        """
    }

    /// Without a default a request that lacks the value has no such descriptor.
    private func metadata(_ descriptor: String, _ leaf: String, orElse value: String? = nil) -> String {
        let fallback = value.map { ", default_value: \"\($0)\"" } ?? ""
        return "metadata: {descriptor_key: \(descriptor), source: DYNAMIC\(fallback), metadata_key: "
            + "{key: envoy.filters.http.ext_authz, path: [{key: session}, {key: \(leaf)}]}}"
    }

    private func units(of policy: ForecastPolicy) -> [LimitUnit] {
        LimitUnit.allCases.filter { unit in policy.limits.values.contains { $0[unit] != nil } }
    }

    /// JSON's strings are strings of YAML.
    private func quoted(_ text: String) -> String { "\(JSON.string(text))" }
}
