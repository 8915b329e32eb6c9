// Arrays of .npz files: a zip archive of .npy, stored or deflated, read with bounds (the writer is
// numpy; the file may be a stranger's).

import { Refusal } from "page/refusal";

const MOST_ENTRIES = 256;
const MOST_BYTES = 64 << 20; // of all arrays
const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const LARGE = 0xffffffff; // a size that stands in the zip64 part
const KINDS = { "<f4": Float32Array, "<i4": Int32Array, "|b1": Uint8Array };

const damaged = (name) => new Refusal("refused.npz", { name });

// All arrays by name: {data: a typed array, shape}. Raises a Refusal.
export async function readNpz(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arrays = new Map();
  let left = MOST_BYTES;
  try {
    for (const entry of entries(view, name)) {
      if ((left -= entry.size) < 0) throw damaged(name);
      const content = await member(bytes, view, entry, name);
      arrays.set(entry.name.replace(/\.npy$/, ""), array(content, name));
    }
  } catch (error) {
    // A place outside the file is a RangeError of the view.
    throw error instanceof RangeError ? damaged(name) : error;
  }
  return arrays;
}

function entries(view, name) {
  // The end has no comment in what numpy writes; one of any length is looked for all the same.
  let end = view.byteLength - 22;
  const last = Math.max(0, end - 0xffff);
  while (end >= last && view.getUint32(end, true) !== END) end -= 1;
  if (end < last) throw damaged(name);
  const count = view.getUint16(end + 10, true);
  if (count > MOST_ENTRIES) throw damaged(name);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: count }, () => {
    if (view.getUint32(at, true) !== ENTRY) throw damaged(name);
    const [nameLength, extra, comment] = [28, 30, 32].map((each) => view.getUint16(at + each, true));
    const entry = {
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      start: view.getUint32(at + 42, true),
      name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength)),
    };
    if ([entry.packed, entry.size, entry.start].includes(LARGE)) throw damaged(name);
    at += 46 + nameLength + extra + comment;
    return entry;
  });
}

async function member(bytes, view, entry, name) {
  if (view.getUint32(entry.start, true) !== LOCAL) throw damaged(name);
  const before = view.getUint16(entry.start + 26, true) + view.getUint16(entry.start + 28, true);
  const from = entry.start + 30 + before;
  if (from + entry.packed > bytes.length) throw damaged(name);
  const packed = bytes.subarray(from, from + entry.packed);
  if (entry.method !== 0 && entry.method !== 8) throw damaged(name);
  const content = entry.method === 0 ? packed : await inflated(packed, entry.size, name);
  if (content.length !== entry.size) throw damaged(name);
  return content;
}

// At most `size` bytes, whatever the stream would become.
async function inflated(packed, size, name) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const content = new Uint8Array(size);
  let at = 0;
  try {
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return content.subarray(0, at);
      if (at + value.length > size) {
        await reader.cancel();
        throw damaged(name);
      }
      content.set(value, at);
      at += value.length;
    }
  } catch (error) {
    throw error instanceof TypeError ? damaged(name) : error;
  }
}

// A .npy: its header is a Python literal of which numpy writes one form alone.
function array(content, name) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const version = content[6];
  if (view.getUint32(0) !== 0x934e554d || (version !== 1 && version !== 2)) throw damaged(name);
  const [start, length] =
    version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const head = new TextDecoder().decode(content.subarray(start, start + Math.min(length, 4096)));
  const found = head.match(
    /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/,
  );
  const Kind = found && KINDS[found[1]];
  if (!Kind) throw damaged(name);
  const shape = found[2].split(",").filter((each) => each.trim()).map(Number);
  const count = shape.reduce((all, each) => all * each, 1);
  const from = start + length;
  if (content.length - from !== count * Kind.BYTES_PER_ELEMENT) throw damaged(name);
  // A copy, for a typed array begins at a multiple of its elements' size.
  return { data: new Kind(content.slice(from).buffer), shape };
}
