/// The app's texts, by their keys in `Localizable.xcstrings`.
public enum Word: String, Sendable, CaseIterable {
    case above
    case added
    case again
    case answerTimes = "answer_times"
    case appName = "app_name"
    case back
    case battery
    case below
    case boardWords = "board_words"
    case bytes
    case cell
    case chartTitle = "chart_title"
    case clearHistory = "clear_history"
    case clearText = "clear_text"
    case close
    case coremlAll = "coreml_all"
    case coremlCpu = "coreml_cpu"
    case coremlGpu = "coreml_gpu"
    case coremlNeural = "coreml_neural"
    case countOfSteps = "count_of_steps"
    case debugNotice = "debug_notice"
    case delete
    case dismiss
    case endedBy = "ended_by"
    case factBackend = "fact_backend"
    case factCreated = "fact_created"
    case factEpsilon = "fact_epsilon"
    case factForm = "fact_form"
    case factGolden = "fact_golden"
    case factHash = "fact_hash"
    case factInputs = "fact_inputs"
    case factLicense = "fact_license"
    case factOutputs = "fact_outputs"
    case factPonder = "fact_ponder"
    case factPurpose = "fact_purpose"
    case factSize = "fact_size"
    case factState = "fact_state"
    case facts
    case factsHead = "facts_head"
    case forward
    case fresh
    case goal
    case goldenPassed = "golden_passed"
    case history
    case historyCleared = "history_cleared"
    case inputHint = "input_hint"
    case isOpen = "is_open"
    case keep
    case kept
    case left
    case legendMissing = "legend_missing"
    case legendOn = "legend_on"
    case legendWrong = "legend_wrong"
    case limit
    case limitName = "limit_name"
    case lineWords = "line_words"
    case maze
    case mazeAfter = "maze_after"
    case mazeHow = "maze_how"
    case mazeVerdict = "maze_verdict"
    case measuring
    case memoryShort = "memory_short"
    case models
    case modelsHead = "models_head"
    case more
    case nativeEngine = "native_engine"
    case noBudget = "no_budget"
    case noEntries = "no_entries"
    case noModels = "no_models"
    case noResult = "no_result"
    case noWay = "no_way"
    case none
    case numberOfSteps = "number_of_steps"
    case onWay = "on_way"
    case onWayMissing = "on_way_missing"
    case onWayWrong = "on_way_wrong"
    case open
    case opening
    case own
    case ownText = "own_text"
    case pause
    case placeGoal = "place_goal"
    case placeStart = "place_start"
    case plain
    case plainHead = "plain_head"
    case plainSummary = "plain_summary"
    case plainText = "plain_text"
    case play
    case removeWall = "remove_wall"
    case right
    case runtimesHead = "runtimes_head"
    case sample
    case setWall = "set_wall"
    case settings
    case settingsText = "settings_text"
    case share
    case shownStep = "shown_step"
    case size
    case start
    case stepOf = "step_of"
    case text
    case textCleared = "text_cleared"
    case textCut = "text_cut"
    case textEmpty = "text_empty"
    case textPart = "text_part"
    case textSummary = "text_summary"
    case textWords = "text_words"
    case thinking
    case threshold
    case thresholdName = "threshold_name"
    case times
    case timesOfSteps = "times_of_steps"
    case unknown
    case walls
}
