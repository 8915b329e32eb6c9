// Log-mel features, number for number those that models that listen are trained on: frames of 400
// samples every 160 at 16 kHz, 32 bands (act_mobile/datasets/logmel.py has the equations).

export const RATE = 16000;
export const BANDS = 32;
export const HOP = 160;
const WINDOW = 400;
const FFT = 512;
const [LOWEST, HIGHEST] = [60, 7600]; // Hz
const FLOOR = 1e-7;
const [MIDDLE, SCALE] = [-50, 10]; // dB
const STEP = 4; // features are rounded to quarters

const hann = Float64Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW));
const sum = hann.reduce((all, each) => all + each, 0);
const triangles = bands();

function bands() {
  const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700);
  const [low, high] = [mel(LOWEST), mel(HIGHEST)];
  const edges = Array.from({ length: BANDS + 2 }, (_, at) =>
    700 * (10 ** ((low + ((high - low) * at) / (BANDS + 1)) / 2595) - 1),
  );
  return Array.from({ length: BANDS }, (_, band) => {
    const [below, peak, above] = edges.slice(band, band + 3);
    return Float64Array.from({ length: FFT / 2 + 1 }, (_, k) => {
      const hertz = (k * RATE) / FFT;
      return Math.max(0, Math.min((hertz - below) / (peak - below), (above - hertz) / (above - peak)));
    });
  });
}

// Takes samples as they come and gives frames as they are whole.
export class LogMel {
  #rest = new Float32Array(0);

  // The features (BANDS) of each frame that these samples complete.
  *push(samples) {
    const all = new Float32Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    let from = 0;
    for (; from + WINDOW <= all.length; from += HOP) yield features(all.subarray(from, from + WINDOW));
    this.#rest = all.slice(from);
  }
}

const re = new Float64Array(FFT);
const im = new Float64Array(FFT);

function features(frame) {
  re.fill(0);
  im.fill(0);
  for (let n = 0; n < WINDOW; n += 1) re[n] = (frame[n] * hann[n]) / sum;
  transform();
  const power = Float64Array.from({ length: FFT / 2 + 1 }, (_, k) => re[k] ** 2 + im[k] ** 2);
  return Float32Array.from(triangles, (triangle) => {
    let energy = FLOOR;
    for (let k = 0; k < power.length; k += 1) energy += triangle[k] * power[k];
    const value = (10 * Math.log10(energy) - MIDDLE) / SCALE;
    return Math.round(value * STEP) / STEP;
  });
}

// Fourier's transform in place, by halves (Cooley and Tukey 1965).
function transform() {
  for (let at = 1, back = 0; at < FFT; at += 1) {
    let bit = FFT >> 1;
    for (; back & bit; bit >>= 1) back ^= bit;
    back ^= bit;
    if (at < back) {
      [re[at], re[back]] = [re[back], re[at]];
      [im[at], im[back]] = [im[back], im[at]];
    }
  }
  for (let size = 2; size <= FFT; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k += 1) {
      const angle = (-2 * Math.PI * k) / size;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let at = k; at < FFT; at += size) {
        const other = at + half;
        const [x, y] = [re[other] * c - im[other] * s, re[other] * s + im[other] * c];
        [re[other], im[other]] = [re[at] - x, im[at] - y];
        [re[at], im[at]] = [re[at] + x, im[at] + y];
      }
    }
  }
}
