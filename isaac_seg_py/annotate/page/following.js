// Objects are followed from picture to picture, until somebody stops it or none is seen any more.

import { post } from './server.js';

const PATIENCE = 15;

export class Following {
  isOn = false;

  stop() {
    this.isOn = false;
  }

  // Follow objects of a picture by their ids; `come` shows a picture, and says whether it could.
  // Returns what is to be told at the end, an Error or null.
  async run(picture, last, ids, come) {
    this.isOn = true;
    try {
      for (let at = picture, asked = ids, unseen = 0; this.isOn && at < last; at++) {
        const answer = await post(`/api/pictures/${at}/follow`, { objects: asked });
        if (!await come(at + 1)) return null;
        if (answer.problem) return new Error(answer.problem);
        asked = [];
        unseen = answer.seen ? 0 : unseen + 1;
        if (unseen >= PATIENCE) return new Error(`No object was seen in the last ${PATIENCE} pictures.`);
      }
      return null;
    } catch (error) {
      return error;
    } finally {
      this.isOn = false;
    }
  }
}
