// Sound at 16 kHz: of a file, or of the microphone.

import { RATE } from "page/logmel";
import { Refusal } from "page/refusal";

const MOST_BYTES = 20 << 20;
const LONGEST = 60; // seconds of a file that are read

// The samples of a sound file, of its first channel; the browser knows its format.
export async function samplesOf(file) {
  if (file.size > MOST_BYTES) throw new Refusal("listen.large", { name: file.name });
  const content = await file.arrayBuffer();
  try {
    // A context of this rate decodes to this rate.
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(content);
    return sound.getChannelData(0).slice(0, LONGEST * RATE);
  } catch {
    throw new Refusal("listen.no-sound", { name: file.name });
  }
}

// Call back with the microphone's samples until `signal` is aborted.
export async function microphone(heard, signal) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  } catch {
    // mediaDevices is not there at all where a page is not served securely.
    throw new Refusal("listen.no-microphone");
  }
  const context = new AudioContext();
  const end = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  if (signal.aborted) return end();
  signal.addEventListener("abort", end);
  await context.audioWorklet.addModule(import.meta.resolve("page/tap"));
  if (signal.aborted) return undefined;
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  const resample = resampler(context.sampleRate);
  // What was sent before the end may come after it.
  tap.port.onmessage = ({ data }) => {
    if (!signal.aborted) heard(resample(data));
  };
  context.createMediaStreamSource(stream).connect(lowPass(context)).connect(tap);
  return undefined;
}

// What is above half of the rate must be gone before samples are left out.
function lowPass(context) {
  return new BiquadFilterNode(context, { type: "lowpass", frequency: RATE * 0.45 });
}

// Samples of another rate as those of RATE, on straight lines between them.
function resampler(rate) {
  const step = rate / RATE;
  let before = 0; // the last sample of the part before
  let at = 0; // where the next is, from the sample before this part on
  return (part) => {
    const found = [];
    for (; at < part.length; at += step) {
      const whole = Math.floor(at);
      const from = whole === 0 ? before : part[whole - 1];
      found.push(from + (part[whole] - from) * (at - whole));
    }
    at -= part.length;
    before = part[part.length - 1];
    return Float32Array.from(found);
  };
}
