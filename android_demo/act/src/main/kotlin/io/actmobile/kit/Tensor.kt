package io.actmobile.kit

/** Numbers and their shape, in C order. */
sealed class Tensor(val shape: List<Int>, size: Int) {
    init {
        require(shape.fold(1L) { product, axis -> product * axis } == size.toLong()) {
            "$size numbers are not of shape $shape"
        }
    }

    /** Numbers in it. */
    abstract val size: Int

    /** The first number, as a float: of what has one element. */
    abstract val scalar: Float

    /** The part of a stack, whose first axis counts its parts. */
    abstract fun part(index: Int): Tensor

    protected fun range(index: Int): IntRange {
        val length = size / shape[0]
        return index * length until (index + 1) * length
    }
}

class Floats(shape: List<Int>, val values: FloatArray) : Tensor(shape, values.size) {
    constructor(vararg values: Float) : this(listOf(values.size), values)

    override val size get() = values.size
    override val scalar get() = values[0]

    override fun part(index: Int) = Floats(shape.drop(1), values.sliceArray(range(index)))

    /** The same with those rows of the batch that are fresh taken from [initial]. */
    fun freshRows(fresh: BooleanArray, initial: Floats): Floats {
        if (fresh.none { it }) return this
        val made = values.copyOf()
        for (row in fresh.indices) if (fresh[row]) for (i in range(row)) made[i] = initial.values[i]
        return Floats(shape, made)
    }
}

class Ints(shape: List<Int>, val values: IntArray) : Tensor(shape, values.size) {
    constructor(vararg values: Int) : this(listOf(values.size), values)

    override val size get() = values.size
    override val scalar get() = values[0].toFloat()

    override fun part(index: Int) = Ints(shape.drop(1), values.sliceArray(range(index)))
}

/** Truth values; in golden bundles alone. */
class Flags(shape: List<Int>, val values: BooleanArray) : Tensor(shape, values.size) {
    override val size get() = values.size
    override val scalar get() = if (values[0]) 1f else 0f

    override fun part(index: Int) = Flags(shape.drop(1), values.sliceArray(range(index)))
}

/** Tensors by name: what a call takes and returns. */
typealias Tensors = Map<String, Tensor>
