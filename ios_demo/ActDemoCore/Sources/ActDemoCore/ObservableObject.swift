#if !canImport(Combine)
    /// Combine's protocol where there is no Combine, so that view models compile and are tested on Linux.
    public protocol ObservableObject: AnyObject {}

    /// Combine's wrapper, of which nobody is told here.
    @propertyWrapper
    public struct Published<Value> {
        public var wrappedValue: Value

        public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    }
#endif
