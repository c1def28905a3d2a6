// Policies as configuration of the rate limit service and of Envoy's routes.

import Forecast
import Testing

@Suite struct ExportTests {
    private let policies = [
        ForecastPolicy(name: "strict", limits: ["anon": [.second: 2, .minute: 9], "*": [.minute: 30]])
    ]

    @Test func service() {
        var export = RateLimitExport(policies, domain: "wiki")
        export.isShadow = true
        #expect(
            export.service == """
                domain: "wiki"
                descriptors:
                  - key: policy
                    value: "strict"
                    descriptors:
                      - key: unit
                        value: SECOND
                        descriptors:
                          - key: class
                            value: "anon"
                            descriptors:
                              - key: key
                                rate_limit: {unit: SECOND, requests_per_unit: 2}
                                shadow_mode: true
                              - key: key
                                value: "-"
                                descriptors:
                                  - key: remote_address
                                    rate_limit: {unit: SECOND, requests_per_unit: 2}
                                    shadow_mode: true
                      - key: unit
                        value: MINUTE
                        descriptors:
                          - key: class
                            value: "anon"
                            descriptors:
                              - key: key
                                rate_limit: {unit: MINUTE, requests_per_unit: 9}
                                shadow_mode: true
                              - key: key
                                value: "-"
                                descriptors:
                                  - key: remote_address
                                    rate_limit: {unit: MINUTE, requests_per_unit: 9}
                                    shadow_mode: true
                          - key: class
                            descriptors:
                              - key: key
                                rate_limit: {unit: MINUTE, requests_per_unit: 30}
                                shadow_mode: true
                              - key: key
                                value: "-"
                                descriptors:
                                  - key: remote_address
                                    rate_limit: {unit: MINUTE, requests_per_unit: 30}
                                    shadow_mode: true

                """)
    }

    @Test func aNamedClassWithoutALimitIsNoneOfTheOthers() {
        let policy = ForecastPolicy(name: "p", limits: ["bot": [.hour: 5], "*": [.minute: 30]])
        var export = RateLimitExport([policy], domain: "wiki")
        export.limitsAll = true
        #expect(
            export.service.contains(
                "value: \"bot\"\n            descriptors:\n              - key: key\n                rate_limit: {unlimited: true}"
            ))
        #expect(!export.service.contains("remote_address") && !export.route.contains("remote_address"))
        #expect(!export.route.contains("default_value"))
    }

    @Test func route() {
        let export = RateLimitExport([ForecastPolicy(name: "p", limits: ["*": [.day: 1]])], domain: "wiki")
        let session = "metadata_key: {key: envoy.filters.http.ext_authz, path: [{key: session}, "
        #expect(
            export.route == """
                rate_limits:
                  - actions:
                      - generic_key: {descriptor_key: policy, descriptor_value: "p"}
                      - generic_key: {descriptor_key: unit, descriptor_value: DAY}
                      - metadata: {descriptor_key: class, source: DYNAMIC, default_value: "-", \(session){key: class}]}}
                      - metadata: {descriptor_key: key, source: DYNAMIC, \(session){key: rate_limit_key}]}}
                  - actions:
                      - generic_key: {descriptor_key: policy, descriptor_value: "p"}
                      - generic_key: {descriptor_key: unit, descriptor_value: DAY}
                      - metadata: {descriptor_key: class, source: DYNAMIC, default_value: "-", \(session){key: class}]}}
                      - metadata: {descriptor_key: key, source: DYNAMIC, default_value: "-", \(session){key: rate_limit_key}]}}
                      - remote_address: {}

                """)
    }
}
