import Testing

@Suite struct UsageTests {
    @Test func exitsWith2ForArgumentsThatMakeNoSense() async {
        let wrong = [
            await podkeeper("lst"), await podkeeper("get"), await podkeeper("list", "--state", "odd"),
            await podkeeper("list", "--label", "novalue"), await podkeeper("create", "a", "--timeout", "-1"),
            await podkeeper("list", "-o", "xml"), await podkeeper("exec", "s"), await podkeeper("exec", "s", "ls"),
            await podkeeper("kill"), await podkeeper("--nonsense"),
        ]
        for outcome in wrong {
            #expect(outcome.code == 2)
            #expect(outcome.errorText.contains("Error:"))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func helps() async {
        let bare = await podkeeper()
        #expect(bare.code == 0)
        #expect(bare.outputText.contains("SUBCOMMANDS"))
        let help = await podkeeper("exec", "--help")
        #expect(help.code == 0)
        #expect(help.outputText.contains("-- <program>"))
        #expect(help.errors.isEmpty)
    }

    @Test func saysWhatToDoWithoutADaemon() async {
        let outcome = await podkeeper("list", environment: ["PODKEEPER_SOCKET": "/nowhere/s.sock"])
        #expect(outcome.code == 1)
        #expect(
            outcome.errorText == """
                podkeeper: there is no socket /nowhere/s.sock
                hint: is podkeeperd running? Name its socket with --socket or PODKEEPER_SOCKET if it is another

                """)
        let lost = await podkeeper("status")
        #expect(lost.code == 1)
        #expect(lost.errorText.contains("hint: name it with --socket or PODKEEPER_SOCKET"))
    }
}
