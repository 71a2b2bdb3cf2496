import SandboxCore
import Testing

@Suite struct GrepPatternTests {
    @Test(arguments: [
        "", "a|b", "(a|b)+c*", "[0-9]{1,3}(\\.[0-9]{1,3}){3}", "x{1000}", "[]{9999}]{3}", "[[:digit:]]{3}",
        "\\{99999\\}",
        "a{", "{", "(", ")", "[", "it's -e $(x)", "(([a-z]{8}){4}-){12}", "\\d", "é+", "[(]{100}[)]{100}",
        "(a+b)+ [c-d]+", "a{0,}*?+", "(((a*)*)?){8}", "^(a?b?c?d?e?f?g?){9}", "^(a{0,9}){9}$",
        "(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z)+", "^(\\w*\\s*)*(a|b*)*$",
    ])
    func accepted(pattern: String) throws {
        try GrepPattern.check(pattern)
    }

    @Test(arguments: [
        "a\nb", "a\u{0}b", "(a)\\1", "x{1001}", "(a{100}){100}", "((a{30}){30}){30}", "(a|b{90}c){100}", "a{2,32767}",
        "([[:alpha:]]{60}x){99}", "a{99999999999999999999}", "a++++++++++", "(a++++++++++",
        "a{1,}{1,}{1,}{1,}{1,}+++++",
        "(((a*)*)?){31}", "ak+**??????++*??++???+++!+++++", "(a*)*b{1,30}", "(((((b*)?){5}){9})?)*",
        "^x??{2,5}{2,5}{2,5}{2,5}\\x",
        "^a?+++", "((\\ba?\\b)+(\\ba?\\b)+)+", "^(((a|b|c|)+)+){9}",
    ])
    func refused(pattern: String) {
        let error = #expect(throws: SandboxError.self) { try GrepPattern.check(pattern) }
        #expect(error?.kind == .invalid)
    }

    @Test func longAndDeepOnesAreRefused() {
        #expect(throws: SandboxError.self) { try GrepPattern.check(String(repeating: "a", count: 4097)) }
        let deep = String(repeating: "(", count: 300) + "a" + String(repeating: ")", count: 300)
        #expect(throws: SandboxError.self) { try GrepPattern.check(deep) }
    }
}
