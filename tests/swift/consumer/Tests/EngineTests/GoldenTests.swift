import Act
import Testing

@Test(arguments: try GoldenCall.all())
func stepGivesTheGoldenAnswer(call: GoldenCall) throws {
    let model = try openModel()
    let context = try model.context()
    try context.setState(call.state)

    let y = try context.step(call.x)

    let layers = 0..<model.layers
    #expect(layers.map { context.ponderSteps(layer: $0) } == call.ponderSteps)
    expect(y, near: call.y, within: call.tolerance.y)
    expect(
        layers.map { context.remainder(layer: $0) }, near: call.remainders,
        within: call.tolerance.remainders)
    expect(try context.state(), near: call.nextState, within: call.tolerance.nextState)
}

@Test func runIsItsSteps() throws {
    let calls = try GoldenCall.all()
    let model = try openModel()
    let stepped = try model.context()
    let y = try calls.flatMap { try stepped.step($0.x) }

    let out = try model.context().run(calls.flatMap(\.x))

    #expect(out.y == y)
    #expect(out.ponderSteps.count == calls.count * model.layers)
    #expect(out.ponderSteps.last == Int32(stepped.ponderSteps(layer: model.layers - 1)))
    #expect(out.remainders.last == stepped.remainder(layer: model.layers - 1))
}

@Test func stateIsKeptAndSet() throws {
    let x = try GoldenCall.all().map(\.x)
    let model = try openModel()
    let first = try model.context()
    _ = try first.step(x[0])
    let state = try first.state()
    #expect(state.contains { $0 != 0 })

    let second = try model.context()
    try second.setState(state)

    #expect(try second.step(x[1]) == first.step(x[1]))
    #expect(try second.state() == first.state())
}

@Test func budgetEndsATimeStep() throws {
    let call = try #require(try GoldenCall.all().first { $0.ponderSteps[0] > 2 })
    let context = try openModel().context()
    try context.setBudget(maxPonder: 2)
    try context.setState(call.state)

    _ = try context.step(call.x)
    #expect(context.ponderSteps() == 2)

    try context.reset()
    #expect(try context.state().allSatisfy { $0 == 0 })
}

private func expect(
    _ found: [Float], near wanted: [Float], within tolerance: [Float],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(found.count == wanted.count, sourceLocation: sourceLocation)
    for ((a, b), most) in zip(zip(found, wanted), tolerance) {
        #expect(abs(a - b) <= most, sourceLocation: sourceLocation)
    }
}
