// Buttons, sliders and fields of the page, and the keys, do their deeds.

import { listenToKeys } from './keys.js';

const BUTTONS = [
  'undo', 'keep', 'discard', 'previous', 'next', 'live', 'closer', 'farther', 'fit', 'help', 'save',
  'follow',
];
const by = (id) => document.getElementById(id);

// `isOpen` says whether something would be lost with the page.
export function wire(view, given, isOpen) {
  const deeds = {
    ...given,
    moveCross: (x, y) => view.moveCross(x, y),
    closer: () => view.zoom(1.25),
    farther: () => view.zoom(0.8),
    fit: () => view.fit(),
    help: () => by('keys').showModal(),
  };
  for (const id of BUTTONS) by(id).addEventListener('click', () => deeds[id]());
  by('place').addEventListener('change', () => deeds.go(Number(by('place').value) - 1));
  by('opacity').addEventListener('input', () => {
    view.opacity = Number(by('opacity').value) / 100;
    view.draw();
  });
  by('new-category').addEventListener('submit', async (event) => {
    event.preventDefault();
    if (await deeds.addCategory(by('category-name').value)) by('category-name').value = '';
  });
  addEventListener('beforeunload', (event) => {
    if (isOpen()) event.preventDefault();
  });
  listenToKeys(deeds);
}
