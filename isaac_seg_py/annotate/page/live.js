// The frames of a topic, one after the other, until somebody freezes one.

import { readImage } from './server.js';

const PAUSE_MS = 60;
const PATIENCE_MS = 1000;

export async function showLive(view, goesOn, tell) {
  for (let first = true; goesOn();) {
    let pause = PAUSE_MS;
    try {
      const image = await readImage('/api/live');
      if (!goesOn()) return;
      view.show(image, !first);
      first = false;
      tell(null);
    } catch (error) {
      tell(error);
      pause = PATIENCE_MS;
    }
    await new Promise((done) => { setTimeout(done, pause); });
  }
}
