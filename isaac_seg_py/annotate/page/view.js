// The canvas: the picture with its masks, points and box, at any zoom.

const CLOSEST = 40;

export class View {
  image = null;
  layers = [];
  points = [];
  labels = [];
  box = null;
  cross = null;
  opacity = 0.45;
  #scale = 1;
  #left = 0;
  #top = 0;
  #asked = false;
  #kept = null;

  constructor(canvas) {
    this.canvas = canvas;
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  show(image, keepPlace = false) {
    this.image?.close?.();
    this.image = image;
    if (keepPlace || !image) this.draw();
    else this.fit();
  }

  // Show masks, and the points and the box of an object in work.
  mark(layers, { points, labels, box }) {
    [this.layers, this.points, this.labels, this.#kept] = [layers, points, labels, box];
    this.stretch(null);
  }

  // Show a box that is being dragged; without one that of the object again.
  stretch(box) {
    this.box = box ?? this.#kept;
    this.draw();
  }

  // Move the cross of the keyboard, which begins in the middle.
  moveCross(x, y) {
    if (!this.image) return;
    const { width, height } = this.image;
    const [a, b] = this.cross ?? [width / 2, height / 2];
    const inside = (value, size) => Math.min(Math.max(value, 0), size - 1);
    this.cross = [inside(a + x, width), inside(b + y, height)];
    this.draw();
  }

  fit() {
    if (!this.image) return;
    const { width, height } = this.canvas;
    this.#scale = Math.min(width / this.image.width, height / this.image.height) || 1;
    this.#left = (width - this.image.width * this.#scale) / 2;
    this.#top = (height - this.image.height * this.#scale) / 2;
    this.draw();
  }

  zoom(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const scale = Math.min(CLOSEST, Math.max(0.02, this.#scale * factor));
    this.#left = x - (x - this.#left) * scale / this.#scale;
    this.#top = y - (y - this.#top) * scale / this.#scale;
    this.#scale = scale;
    this.draw();
  }

  move(x, y) {
    this.#left += x;
    this.#top += y;
    this.draw();
  }

  // Where an event is on the canvas, in the canvas's own pixels.
  place(event) {
    const frame = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / frame.width;
    return [(event.clientX - frame.left) * ratio, (event.clientY - frame.top) * ratio];
  }

  // The point of the picture there, held inside the picture.
  onPicture([x, y]) {
    const hold = (value, most) => Math.min(Math.max(value, 0), most - 0.01);
    return [
      hold((x - this.#left) / this.#scale, this.image.width),
      hold((y - this.#top) / this.#scale, this.image.height),
    ];
  }

  isOnPicture([x, y]) {
    const [u, v] = [(x - this.#left) / this.#scale, (y - this.#top) / this.#scale];
    return u >= 0 && v >= 0 && u < this.image.width && v < this.image.height;
  }

  draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#paint();
    });
  }

  #resize() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    this.fit();
  }

  #paint() {
    const context = this.canvas.getContext('2d');
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.image) return;
    context.setTransform(this.#scale, 0, 0, this.#scale, this.#left, this.#top);
    context.imageSmoothingEnabled = this.#scale < 2;
    context.drawImage(this.image, 0, 0);
    for (const mask of this.layers) {
      context.globalAlpha = this.opacity;
      context.drawImage(mask.fill, mask.left, mask.top);
      context.globalAlpha = Math.min(1, this.opacity * 2);
      context.drawImage(mask.edge, mask.left, mask.top);
    }
    context.globalAlpha = 1;
    this.#paintClicks(context);
  }

  #paintClicks(context) {
    const unit = (devicePixelRatio || 1) / this.#scale;
    const stroke = (color, width) => {
      context.strokeStyle = color;
      context.lineWidth = width * unit;
      context.stroke();
    };
    if (this.box) {
      const [x1, y1, x2, y2] = this.box;
      context.beginPath();
      context.rect(x1, y1, x2 - x1, y2 - y1);
      stroke('#000', 3);
      stroke('#fff', 1.5);
    }
    this.points.forEach(([x, y], index) => {
      // The sign is told by form as well as by colour: a plus, or a minus.
      context.beginPath();
      context.arc(x, y, 7 * unit, 0, 7);
      context.fillStyle = this.labels[index] ? '#0a7d2c' : '#c01818';
      context.fill();
      stroke('#fff', 1.5);
      context.beginPath();
      context.moveTo(x - 4 * unit, y);
      context.lineTo(x + 4 * unit, y);
      if (this.labels[index]) {
        context.moveTo(x, y - 4 * unit);
        context.lineTo(x, y + 4 * unit);
      }
      stroke('#fff', 2);
    });
    if (this.cross) {
      const [x, y] = this.cross;
      context.beginPath();
      context.moveTo(x - 12 * unit, y);
      context.lineTo(x + 12 * unit, y);
      context.moveTo(x, y - 12 * unit);
      context.lineTo(x, y + 12 * unit);
      stroke('#000', 3);
      stroke('#fff', 1);
    }
  }
}
