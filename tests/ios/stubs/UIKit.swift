// Declarations of the part of Apple's UIKit that ios_demo uses, after its documentation: for type-checking on Linux.
import Foundation

@MainActor
public final class UIApplication {
    public static let shared = UIApplication()
    public var isIdleTimerDisabled = false
    public nonisolated static let didReceiveMemoryWarningNotification = Notification.Name("memory")
}

public enum UIAccessibility {
    public struct Notification: Sendable {
        public static let announcement = Notification()
    }

    @MainActor
    public static func post(notification: Notification, argument: Any?) {}
}
