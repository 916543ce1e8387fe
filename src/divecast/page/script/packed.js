// Arrays that the page holds as base64 of integers; packed.py describes the format.

function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
  const wide = packed.bits === 16;
  const n = wide ? bytes.length / 2 : bytes.length;
  const width = packed.shape[packed.shape.length - 1];
  const values = new Float64Array(n);
  for (let at = 0; at < n; at += 1) {
    const code = wide ? bytes[2 * at] + 256 * bytes[2 * at + 1] : bytes[at];
    const place = at % width;
    values[at] = code === 2 ** packed.bits - 1 ? NaN : packed.low[place] + packed.step[place] * code;
  }
  return { shape: packed.shape, values };
}

// The values along one axis: `index` has null for it, and a number for each other axis.
function along(array, index) {
  let stride = 1;
  let start = 0;
  let step = 1;
  let length = 1;
  for (let axis = array.shape.length - 1; axis >= 0; axis -= 1) {
    if (index[axis] === null) [step, length] = [stride, array.shape[axis]];
    else start += index[axis] * stride;
    stride *= array.shape[axis];
  }
  return Array.from({ length }, (_, at) => array.values[start + at * step]);
}
