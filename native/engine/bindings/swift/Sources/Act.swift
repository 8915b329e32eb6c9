import CAct

/// What the engine says is wrong.
public struct ActError: Error, CustomStringConvertible {
    public let status: ActStatus

    public var description: String { String(cString: act_message(status)) }

    static func check(_ status: ActStatus) throws {
        if status != ACT_OK { throw ActError(status: status) }
    }
}

/// A model of an `.actn` file. It may be shared by threads, each with an `ActContext` of its own: what
/// it holds is only read after `init`, which is why its `Sendable` need not be checked.
public final class ActModel: @unchecked Sendable {
    let handle: OpaquePointer

    /// Features of a time step; 0 where the model reads tokens or images.
    public let inputSize: Int
    /// Tokens are below it; 0 where the model reads features or images.
    public let vocabSize: Int
    public let outputSize: Int
    public let layers: Int
    /// The most ponder steps of any layer.
    public let maxPonder: Int
    /// What halting must reach for a time step to end: for act, the halting sum.
    public let haltThreshold: Float
    /// Floats of `ActContext.state`.
    public let stateSize: Int
    /// Memory that a context takes.
    public let contextBytes: Int
    /// Of an image; 0 where the model reads time steps.
    public let channels: Int
    /// Of the largest image; 0 where the model reads time steps.
    public let height: Int
    /// Of the largest image; 0 where the model reads time steps.
    public let width: Int
    /// Whether an image has one answer; else each of its places has one.
    public let pooled: Bool

    /// Maps a file.
    public init(path: String) throws {
        var opened: OpaquePointer?
        try ActError.check(act_open(path, &opened))
        var sizes = ActSizes()
        try ActError.check(act_sizes(opened, &sizes))
        handle = opened!
        inputSize = Int(sizes.input_size)
        vocabSize = Int(sizes.vocab_size)
        outputSize = Int(sizes.output_size)
        layers = Int(sizes.layers)
        maxPonder = Int(sizes.max_ponder)
        haltThreshold = sizes.halt_threshold
        stateSize = sizes.state_size
        contextBytes = sizes.context_bytes
        channels = Int(sizes.channels)
        height = Int(sizes.height)
        width = Int(sizes.width)
        pooled = sizes.pooled != 0
    }

    deinit { act_close(handle) }

    /// The kernels in use on this processor.
    public var kernels: String { String(cString: act_kernels(handle)) }

    /// A sequence that begins.
    public func context() throws -> ActContext { try ActContext(model: self) }
}

/// One sequence of an `ActModel`: its state, for one thread at a time.
public final class ActContext {
    private let model: ActModel
    private let handle: OpaquePointer

    /// A sequence's results, row by row: y (time, outputs), N and R (time, layers).
    public struct Output: Sendable {
        public var y: [Float]
        public var ponderSteps: [Int32]
        public var remainders: [Float]
    }

    init(model: ActModel) throws {
        var made: OpaquePointer?
        try ActError.check(act_context_new(model.handle, &made))
        self.model = model
        handle = made!
    }

    deinit { act_context_free(handle) }

    /// One time step of features.
    public func step(_ x: [Float]) throws -> [Float] {
        precondition(x.count == model.inputSize, "x has \(x.count) floats, not \(model.inputSize)")
        var y = [Float](repeating: 0, count: model.outputSize)
        try ActError.check(act_step(handle, x, &y))
        return y
    }

    /// One time step of a token.
    public func step(token: Int32) throws -> [Float] {
        var y = [Float](repeating: 0, count: model.outputSize)
        try ActError.check(act_step_token(handle, token, &y))
        return y
    }

    /// A sequence of features (time, inputSize).
    public func run(_ x: [Float]) throws -> Output {
        let width = model.inputSize
        precondition(
            width > 0 && x.count % width == 0, "x has \(x.count) floats, not a multiple of \(width)"
        )
        var out = output(time: x.count / width)
        try ActError.check(
            act_run(handle, x, x.count / width, &out.y, &out.ponderSteps, &out.remainders))
        return out
    }

    /// A sequence of tokens.
    public func run(tokens: [Int32]) throws -> Output {
        var out = output(time: tokens.count)
        try ActError.check(
            act_run_tokens(
                handle, tokens, tokens.count, &out.y, &out.ponderSteps, &out.remainders))
        return out
    }

    /// An image (channels, height, width): y (height, width, outputs) or, pooled, (outputs). Any height and
    /// width up to the model's.
    public func run(image x: [Float], height: Int, width: Int) throws -> [Float] {
        let places = height * width
        precondition(
            x.count == model.channels * places,
            "x has \(x.count) floats, not \(model.channels) x \(height) x \(width)")
        let answers = model.pooled ? 1 : places
        var y = [Float](repeating: 0, count: answers * model.outputSize)
        try ActError.check(
            act_run_image(handle, x, Int32(clamping: height), Int32(clamping: width), &y))
        return y
    }

    /// N of a layer in the last time step, or image; 0 where it skipped.
    public func ponderSteps(layer: Int = 0) -> Int {
        Int(act_ponder_steps(handle, Int32(clamping: layer)))
    }

    /// The figure beside N of a layer in the last time step, or image: for act, R.
    public func remainder(layer: Int = 0) -> Float {
        act_remainder(handle, Int32(clamping: layer))
    }

    /// Time steps end at this threshold of halting or after so many ponder steps, whichever is first.
    public func setBudget(haltThreshold: Float? = nil, maxPonder: Int? = nil) throws {
        try ActError.check(
            act_set_budget(
                handle, haltThreshold ?? model.haltThreshold,
                Int32(clamping: maxPonder ?? model.maxPonder)))
    }

    /// Begins a new sequence; the budget stays.
    public func reset() throws { try ActError.check(act_reset(handle)) }

    /// Layer by layer h, for LSTM c, and what its halting keeps.
    public func state() throws -> [Float] {
        var values = [Float](repeating: 0, count: model.stateSize)
        try ActError.check(act_state_get(handle, &values))
        return values
    }

    public func setState(_ values: [Float]) throws {
        precondition(
            values.count == model.stateSize,
            "the state has \(model.stateSize) floats, not \(values.count)")
        try ActError.check(act_state_set(handle, values))
    }

    private func output(time: Int) -> Output {
        Output(
            y: [Float](repeating: 0, count: time * model.outputSize),
            ponderSteps: [Int32](repeating: 0, count: time * model.layers),
            remainders: [Float](repeating: 0, count: time * model.layers))
    }
}
