// ONNX Runtime's JavaScript interface, which onnxruntime-node and onnxruntime-web share.

const plain = ({ type, dims, data }) => ({ dtype: type, shape: dims, data });

export const loader = (ort) => async (files) => {
  const sessions = {};
  for (const [name, place] of Object.entries(files)) {
    sessions[name] = await ort.InferenceSession.create(place);
  }
  return async (part, inputs) => {
    const feeds = Object.entries(inputs).map(([name, { dtype, shape, data }]) => [
      name,
      new ort.Tensor(dtype, data, shape),
    ]);
    const answer = await sessions[part].run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(answer).map(([name, tensor]) => [name, plain(tensor)]));
  };
};
