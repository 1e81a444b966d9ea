// Objects are followed from picture to picture, until somebody stops it or none is seen any more.

import { attempt, tell } from './notices.js';
import { post } from './server.js';

const PATIENCE = 15;

export class Following {
  isOn = false;

  stop() {
    this.isOn = false;
  }

  // Follow objects of a picture by their ids; `come` shows a picture, and says whether it could.
  async run(picture, last, ids, come) {
    this.isOn = true;
    for (let at = picture, asked = ids, unseen = 0; this.isOn && at < last; at++) {
      const asking = at;
      const answer = await attempt(() => post(`/api/pictures/${asking}/follow`, { objects: asked }));
      if (!answer || answer.problem || !await come(at + 1)) break;
      asked = [];
      unseen = answer.seen ? 0 : unseen + 1;
      if (unseen < PATIENCE) continue;
      tell(new Error(`No object was seen in the last ${PATIENCE} pictures.`));
      break;
    }
    this.isOn = false;
  }
}
