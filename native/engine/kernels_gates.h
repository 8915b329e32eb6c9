/* Functions of gates; of kernels_body.h, in its terms. */

/* e^x as power / root. With n the integer nearest to x / ln 2 and f = x - n ln 2: power = e^f, root = 2^-n.
   |x| counts as at most 87, where both are normal floats; NaN makes `power` NaN.

   The polynomial: 1 + f and a quadratic's worth more, whose coefficients make the largest relative error on
   |f| <= ln 2 / 2 least (1.05e-7; linear programming over 4001 Chebyshev nodes), each rounded to float before
   those above it are fitted again. */
typedef struct {
  Floats power, root;
} Exponential;

INLINE Exponential exponential(Floats x) {
  /* 1.5 * 2^23 leaves no bits for fractions, so that adding it rounds; the 127 is a float's exponent of 1. */
  const Floats rounder = spread(0x1.8p23f + 127.0f);
  x = larger(spread(-87.0f), smaller(spread(87.0f), x));
  Floats shifted = fused(x, spread(-0x1.715476p0f), rounder);    /* 1 / ln 2 */
  Floats f = fused(shifted - rounder, spread(0x1.62e43p-1f), x); /* ln 2 */
  Floats square = f * f;
  Floats high = fused(f, spread(0x1.1062ep-7f), spread(0x1.572a22p-5f));
  Floats low = fused(f, spread(0x1.5557aep-3f), spread(0x1.fffdfcp-2f));
  Floats power_of_e = fused(fused(high, square, low), square, f + spread(1.0f));
  return (Exponential){power_of_e, power(shifted)};
}

/* Within 1.2e-7 of 1 / (1 + e^-x) for every float. */
INLINE Floats sigmoid(Floats x) {
  Exponential e = exponential(x);
  return e.power / (e.power + e.root);
}

/* Within 1.5e-7 of tanh for every float. */
INLINE Floats hyperbolic_tangent(Floats x) {
  Exponential e = exponential(x + x);
  return (e.power - e.root) / (e.power + e.root);
}

/* First all cells, then all states: more of either are on their way at once than of both in turn. */
static void lstm(const float *gates, float *h, float *c, size_t units) {
  for (size_t i = 0; i < units; i += PANEL)
    EACH(q, PARTS) {
      const float *gate = gates + 4 * i + q * LANES;
      float *cell = c + i + q * LANES;
      Floats in = sigmoid(load(gate)), forget = sigmoid(load(gate + PANEL));
      Floats candidate = hyperbolic_tangent(load(gate + 2 * PANEL));
      store(cell, fused(forget, load(cell), in * candidate));
    }
  for (size_t i = 0; i < units; i += PANEL)
    EACH(q, PARTS) {
      Floats out = sigmoid(load(gates + 4 * i + 3 * PANEL + q * LANES));
      store(h + i + q * LANES, out * hyperbolic_tangent(load(c + i + q * LANES)));
    }
}

static void gru(const float *gates, const float *input_n, float *h, size_t units) {
  for (size_t i = 0; i < units; i += PANEL)
    EACH(q, PARTS) {
      const float *gate = gates + 3 * i + q * LANES;
      float *state = h + i + q * LANES;
      Floats reset = sigmoid(load(gate)), update = sigmoid(load(gate + PANEL));
      Floats n = hyperbolic_tangent(fused(reset, load(gate + 2 * PANEL), load(input_n + i + q * LANES)));
      store(state, fused(update, load(state) - n, n));
    }
}

static void rnn_tanh(const float *gates, float *h, size_t units) {
  for (size_t i = 0; i < units; i += LANES) store(h + i, hyperbolic_tangent(load(gates + i)));
}

static void rnn_relu(const float *gates, float *h, size_t units) {
  for (size_t i = 0; i < units; i += LANES) store(h + i, larger(spread(0.0f), load(gates + i)));
}
