package io.actmobile.demo.run

import io.actmobile.kit.Manifest

/** The kinds of models that have screens. A new kind is a value here and a screen in MainActivity's list. */
enum class Kind {
    /** Tokens are bytes of text. */
    TEXT {
        override fun takes(manifest: Manifest) = manifest.vocabulary == "bytes" && manifest.sequence == "stream" &&
            manifest.data.singleOrNull().let { it != null && !it.isFloat && it.at(1).fold(1, Int::times) == 1 }
    },

    /** One image of a maze. */
    MAZE {
        override fun takes(manifest: Manifest): Boolean {
            if (manifest.task != "maze" || manifest.sequence != "whole") return false
            val x = manifest.data.singleOrNull()?.takeIf { it.isFloat }?.at(1) ?: return false
            val y = manifest.outputs.first { it.name == "y" }.at(1).fold(1, Int::times)
            return x.size == 4 && x[1] == Maze.CHANNELS && x[2] == x[3] && x[2] in Maze.SMALLEST..Maze.LARGEST && y == x[2] * x[2]
        }
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
