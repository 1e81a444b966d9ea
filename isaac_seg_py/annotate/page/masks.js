// Masks as COCO's run lengths become pictures.

export function colorOf(object) {
  // An object that is followed has its colour in all pictures.
  const number = object?.track || object?.id || 0;
  // The golden angle: neighbours in the list differ, however many there are.
  return `hsl(${(number * 137.508 + 200) % 360} 85% 55%)`;
}

// The lengths of the runs down the columns, the first one outside.
export function runsOf(counts) {
  const runs = [];
  for (let at = 0; at < counts.length;) {
    let value = 0;
    let shift = 0;
    let letter;
    do {
      letter = counts.charCodeAt(at++) - 48;
      value |= (letter & 0x1f) << shift;
      shift += 5;
    } while (letter & 0x20);
    // The top bit of the last group is the sign.
    if (letter & 0x10) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

// A mask on two canvases as large as its box: what is inside, and its edge.
export function paint({ size: [height], counts }, color) {
  const inside = [];
  let [top, left, bottom, right] = [Infinity, Infinity, 0, 0];
  let at = 0;
  runsOf(counts).forEach((length, index) => {
    for (let rest = index % 2 ? length : 0, start = at; rest > 0;) {
      const y = start % height;
      const x = (start - y) / height;
      const part = Math.min(rest, height - y);
      inside.push([x, y, part]);
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + part)];
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [start, rest] = [start + part, rest - part];
    }
    at += length;
  });
  if (!inside.length) return null;
  const [w, h] = [right - left, bottom - top];
  const flags = new Uint8Array(w * h);
  for (const [x, y, part] of inside) {
    for (let row = y - top; row < y - top + part; row++) flags[row * w + x - left] = 1;
  }
  const is = (x, y) => x >= 0 && y >= 0 && x < w && y < h && flags[y * w + x];
  const edge = new Uint8Array(w * h);
  for (let y = 0, i = 0; y < h; y++) {
    for (let x = 0; x < w; x++, i++) {
      edge[i] = flags[i] && !(is(x - 1, y) && is(x + 1, y) && is(x, y - 1) && is(x, y + 1)) ? 1 : 0;
    }
  }
  return { left, top, fill: canvasOf(flags, w, h, color), edge: canvasOf(edge, w, h, color) };
}

function canvasOf(flags, width, height, color) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  const pixels = new ImageData(width, height);
  flags.forEach((flag, index) => {
    if (flag) pixels.data.set([red, green, blue, 255], index * 4);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}
