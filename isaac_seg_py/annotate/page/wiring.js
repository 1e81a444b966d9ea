// Buttons, sliders and fields of the page, and the keys, do their deeds.

import { listenToKeys } from './keys.js';

const BUTTONS = [
  'undo', 'keep', 'discard', 'previous', 'next', 'live', 'closer', 'farther', 'fit', 'help', 'save',
  'follow',
];
const by = (id) => document.getElementById(id);

export function wire(view, deeds) {
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
  listenToKeys(deeds);
}
