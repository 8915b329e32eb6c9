package io.actmobile.kit

/** Make what keeps this from now on; this is closed where that fails, by whatever error. */
inline fun <T : AutoCloseable, R> T.orClose(make: (T) -> R): R {
    var isKept = false
    try {
        return make(this).also { isKept = true }
    } finally {
        if (!isKept) close()
    }
}
