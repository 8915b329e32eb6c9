import ActKit
import ActKitNative
import Foundation

print("to come")
