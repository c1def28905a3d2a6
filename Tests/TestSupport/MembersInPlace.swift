// JSON has two readers: one builds a tree, the other reads in place. Tests compare them.

import Bytes

/// The members of an object as they are read in place, built; nil when the text is refused.
package func membersInPlace(_ text: Bytes, limits: JSON.Limits = JSON.Limits()) -> [JSON.Member]? {
    var members: [JSON.Member] = []
    do {
        try JSON.readObject(text, limits: limits) { name, value in
            let text = value.withText(\.string)
            members.append(JSON.Member(name.withText(\.string) ?? "?", text.map { .string($0) } ?? value.json))
        }
        return members
    } catch { return nil }
}
