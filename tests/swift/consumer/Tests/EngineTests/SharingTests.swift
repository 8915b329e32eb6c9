import Act
import Testing

/// As an app has it: one model, opened on the main actor, whose answers come from tasks.
@MainActor
private final class Screen {
    let model: ActModel

    init() throws { model = try openModel() }

    /// The answers of `count` tasks, each with a context of its own.
    func answers(_ count: Int, to x: [Float]) async throws -> [ActContext.Output] {
        let model = model
        return try await withThrowingTaskGroup(of: ActContext.Output.self) { group in
            for _ in 0..<count {
                group.addTask { try model.context().run(x) }
            }
            var answers: [ActContext.Output] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
    }
}

@Test func tasksShareAModel() async throws {
    let x = try GoldenCall.all().flatMap(\.x)
    let alone = try openModel().context().run(x)

    let answers = try await Screen().answers(8, to: x)

    #expect(answers.count == 8)
    for answer in answers {
        #expect(answer.y == alone.y)
        #expect(answer.ponderSteps == alone.ponderSteps)
    }
}

@Test func contextOutlivesItsModelsName() async throws {
    let x = try GoldenCall.all().flatMap(\.x)
    let out = try await Task.detached { try openModel().context().run(x) }.value
    #expect(!out.y.isEmpty)
}
