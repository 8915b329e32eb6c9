package io.actmobile.demo.run

import io.actmobile.kit.Manifest

/** The kinds of models that have screens. A new kind is a value here and a screen in MainActivity's list. */
enum class Kind {
    /** Tokens are bytes of text. */
    TEXT {
        override fun takes(manifest: Manifest) = manifest.vocabulary == "bytes" && manifest.sequence == "stream"
    },

    /** One image of a maze. */
    MAZE {
        override fun takes(manifest: Manifest) = manifest.task == "maze" && manifest.sequence == "whole" &&
            manifest.data[0].shape.let { it.size == 4 && it[1] == Maze.CHANNELS && it[2] == it[3] }
    },

    /** Any other: the calls of its golden bundle. */
    PLAIN {
        override fun takes(manifest: Manifest) = true
    },
    ;

    abstract fun takes(manifest: Manifest): Boolean

    companion object {
        fun of(manifest: Manifest): Kind = values().first { (manifest.batch == 1 && it.takes(manifest)) || it == PLAIN }
    }
}
