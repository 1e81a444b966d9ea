// The object in work: its clicks, and the mask that they show.

import { Newest, post } from './server.js';
import { colorOf, paint } from './masks.js';

// Names this page, so that the server can tell its newest question from older ones.
const PAGE = crypto.randomUUID().slice(0, 18);
const questions = new Newest();
let turn = 0;

export class Draft {
  points = [];
  labels = [];
  box = null;
  found = null;
  layer = null;
  #steps = [];
  #turn = 0;

  // Begin anew on a picture, or with the clicks of an object that is edited.
  constructor(picture, object = null) {
    this.picture = picture;
    this.object = object;
    if (!object) return;
    // What was found by following has no clicks: its box stands for it.
    const [x, y, width, height] = object.box;
    const clicks = object.clicks ?? { points: [], labels: [], box: [x, y, x + width, y + height] };
    ({ points: this.points, labels: this.labels, box: this.box } = structuredClone(clicks));
    this.layer = object.layer;
  }

  get isEmpty() {
    return !this.points.length && !this.box;
  }

  // Whether there is something that was not kept.
  get isOpen() {
    return this.#turn > 0 && !this.isEmpty;
  }

  get canUndo() {
    return this.#steps.length > 0;
  }

  add(point, label) {
    this.#remember();
    this.points.push(point);
    this.labels.push(label);
  }

  setBox(box) {
    this.#remember();
    this.box = box;
  }

  undo() {
    Object.assign(this, this.#steps.pop());
  }

  // Ask for the mask; `changed` is called when it is there.
  ask(changed, failed) {
    const mine = this.#turn = ++turn;
    if (this.isEmpty) {
      [this.found, this.layer] = [null, null];
      changed();
      return;
    }
    const clicks = { points: this.points, labels: this.labels, box: this.box };
    const fields = structuredClone({ clicks, page: PAGE, turn: mine });
    questions.run(async () => {
      try {
        const found = await post(`/api/pictures/${this.picture}/ask`, fields);
        // Clicks that came meanwhile are asked about next: this mask is shown until then.
        this.found = mine === this.#turn ? found : null;
        this.layer = paint(found.mask, colorOf(this.object));
        changed();
      } catch (error) {
        if (mine !== this.#turn || error.status === 409) return;
        [this.found, this.layer] = [null, null];
        failed(error);
      }
    });
  }

  // Make what was found an object, in the place of the one that is edited.
  keep(found, category) {
    const { name = '', id: replaces = 0 } = this.object ?? {};
    return post('/api/objects', { answer: found.answer, category, name, replaces });
  }

  // Wait until all clicks are answered.
  async settled() {
    await questions.idle;
    return this.found;
  }

  #remember() {
    this.#steps.push({ points: [...this.points], labels: [...this.labels], box: this.box });
  }
}
