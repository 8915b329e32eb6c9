package io.actmobile.kit

/** Something that a user gave cannot be used; [message] is one line that names it and the way out. */
class Refused(override val message: String) : Exception(message)
