// The report as JSON, CSV and text.

import Bytes
import Forecast
import Testing

private let start: Int64 = 1_772_366_400

@Suite struct TextTests {
    private var report: ForecastReport {
        let policy = ForecastPolicy(name: "new, \"strict\"", limits: ["anon": [.minute: 2]])
        let engine = ForecastEngine([policy], mode: .whole, start: start)
        for _ in 0..<5 {
            engine.count(Sent(key: "192.0.2.1", className: "anon", consumer: "", second: start + 5, weight: 1.5))
        }
        engine.count(Sent(key: "jwt-sub:x", className: "anon", consumer: "c", cookie: .keep, second: start + 60))
        return engine.totals(.start).report()
    }

    @Test func asJSON() {
        #expect(
            "\(report.json)" == """
                {"from":"2026-03-01T12:00:00.000Z","to":"2026-03-01T12:01:00.000Z","rows":[{"policy":"new, \\"strict\\"",\
                "class":"anon","unit":"MINUTE","limit":2,"keys":2,"consumers":1,"requests":8.5,"limited_keys":1,\
                "limited_consumers":0,"limited_requests":5.5,"limited_windows":1,"limit_99":7.5,"limit_999":7.5,\
                "exact":false,"error":{"keys":0,"share":0,"shared_keys":false,"sampled":true},\
                "top":[{"key":"192.0.2.1","consumer":null,"requests":7.5,"peak":7.5,\
                "limited_requests":5.5},{"key":"jwt-sub:x","consumer":"c","requests":1,"peak":1,\
                "limited_requests":0}]}],"cookies":{"clients":1,"returning":1,"keeping":1,"share":1,"set":0,\
                "kept":1,"exact":false}}
                """)
    }

    @Test func asCSV() {
        #expect(
            String(decoding: report.csv, as: UTF8.self) == """
                policy,class,unit,limit,keys,consumers,requests,limited_keys,limited_consumers,limited_requests,\
                limited_windows,limit_99,limit_999,exact\r
                "new, ""strict""\",anon,MINUTE,2,2,1,8.5,1,0,5.5,1,7.5,7.5,false\r

                """)
    }

    @Test func asATable() {
        let table = report.table()
        #expect(table.contains("new, \"strict\"  anon   MINUTE      2    ~2       ~1  50.0"))
        #expect(table.contains("192.0.2.1: 6 of 8 requests, at most 8 in a window"))
        // A limit is a whole number: 7 would be too few.
        #expect(table.contains("  ~8      ~8\n"))
    }
}
