// rows.bin, as act-runner writes it: docs/profiling-formats.md.

const MAGIC = "ACTROWS1";
const HEAD = 32;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32, zlib's. @param {Uint8Array} bytes */
export function crc32(bytes) {
  let value = ~0;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

/** One row for each call, in their order, without a time: act-profile adds the batches'. */
export class Rows {
  #buffer;
  #at = MAGIC.length;

  /** @param {number} count @param {{ name: string, size: number }[]} tensors the outputs that a row has */
  constructor(count, tensors) {
    this.tensors = tensors;
    const row = HEAD + 4 * tensors.reduce((sum, { size }) => sum + size, 0);
    this.#buffer = new ArrayBuffer(MAGIC.length + count * row);
    new Uint8Array(this.#buffer).set(new TextEncoder().encode(MAGIC));
  }

  get bytes() {
    return this.#buffer;
  }

  /**
   * @param {number} call @param {Record<string, Float32Array | Int32Array>} answer all outputs by name
   */
  add(call, answer) {
    const head = new DataView(this.#buffer, this.#at, HEAD), { y } = answer;
    head.setBigUint64(0, BigInt(call), true);
    head.setUint32(24, 1, true);
    head.setUint32(28, crc32(new Uint8Array(y.buffer, y.byteOffset, y.byteLength)), true);
    this.#at += HEAD;
    for (const { name } of this.tensors) {
      const values = answer[name];
      new Uint8Array(this.#buffer, this.#at, values.byteLength)
        .set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      this.#at += values.byteLength;
    }
  }
}
