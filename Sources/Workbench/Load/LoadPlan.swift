// What a load is to do, all options settled.

/// What a load is to do.
struct LoadPlan: Sendable {
    let host: String
    let port: Int
    let path: String
    let form: RequestMaker.Form
    let scope: AnswerCheck.Scope
    let mix: Mix
    let farm: Farm
    let credentials: SignedCredentials
    let seed: UInt64
    let connections: Int
    let streams: Int
    let rate: Double?
    let end: Pacing.End
    let warms: Bool
    let patience: Double
}

/// Why a load could not be finished.
struct LoadError: Error, CustomStringConvertible {
    let description: String
}
