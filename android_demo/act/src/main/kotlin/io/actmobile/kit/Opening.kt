package io.actmobile.kit

import java.io.File
import java.security.MessageDigest

/** A runtime that loads the artefacts of one target. */
interface Runtime {
    /** As a user knows it. */
    val name: String

    /** The manifests' `target` that it takes. */
    val target: String

    /**
     * Load an artefact.
     *
     * @throws Refused the runtime cannot.
     */
    fun open(artefact: File, manifest: Manifest): StepModel
}

/** A model that has shown here that it computes what it should. */
class Opened(val manifest: Manifest, val model: StepModel) : AutoCloseable by model

/** Opens models: checked against their manifest's hash, then against their golden bundle. */
object Opening {
    /**
     * Open the model beside a manifest.
     *
     * @throws Refused its files do not fit, the runtime does not take it, or its answers are wrong.
     */
    fun open(manifestFile: File, runtimes: List<Runtime>): Opened {
        val manifest = Manifest.read(manifestFile)
        val runtime = runtimes.firstOrNull { it.target == manifest.target }
            ?: throw Refused("${manifest.artefact}: no runtime here takes a model for ${manifest.target}")
        return open(manifest, manifestFile, runtime)
    }

    /** The same with a manifest that has been read, and one runtime. */
    fun open(manifest: Manifest, manifestFile: File, runtime: Runtime): Opened {
        if (runtime.target != manifest.target) {
            throw Refused("${manifest.artefact}: ${runtime.name} takes no model for ${manifest.target}")
        }
        val artefact = File(manifestFile.parentFile, manifest.artefact)
        if (!artefact.exists()) throw Refused("${manifest.artefact}: missing: it belongs beside ${manifestFile.name}")
        if (digest(artefact) != manifest.sha256) {
            throw Refused("${manifest.artefact}: not the file that ${manifestFile.name} is about: export the model again")
        }
        val golden = Golden.read(manifest, File(manifestFile.parentFile, manifest.name + Golden.SUFFIX))
        return runtime.open(artefact, manifest).orClose { model ->
            val wrong = try {
                golden.check(model)
            } catch (error: Refused) {
                error.message
            }
            if (wrong != null) throw Refused("${manifest.artefact}: wrong on this device with ${model.backend}: $wrong")
            Opened(manifest, model)
        }
    }

    /** sha256 of a file; of a folder, over its files' names and contents in order of name. */
    fun digest(artefact: File): String {
        if (artefact.isFile) return hex(fileDigest(artefact))
        val total = MessageDigest.getInstance("SHA-256")
        for (file in artefact.listFiles().orEmpty().sortedBy(File::getName)) {
            total.update(file.name.toByteArray() + 0)
            total.update(fileDigest(file))
        }
        return hex(total.digest())
    }

    private fun fileDigest(file: File): ByteArray {
        val digest = MessageDigest.getInstance("SHA-256")
        file.inputStream().use { stream ->
            val buffer = ByteArray(1 shl 16)
            while (true) {
                val count = stream.read(buffer)
                if (count < 0) break
                digest.update(buffer, 0, count)
            }
        }
        return digest.digest()
    }

    private fun hex(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }
}
