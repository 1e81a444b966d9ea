// Keys of the whole page; what is typed into a field stays there.

const STEP = 2;
const FAR = 20;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const DEEDS = {
  z: 'undo', Escape: 'discard', Delete: 'remove', PageUp: 'previous', PageDown: 'next',
  Home: 'first', End: 'last',
  '+': 'closer', '-': 'farther', 0: 'fit', '?': 'help', f: 'follow',
};

export function listenToKeys(deeds) {
  addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    const { key, target } = event;
    if ((event.ctrlKey || event.metaKey) && ['s', 'z'].includes(key.toLowerCase())) {
      event.preventDefault();
      (key.toLowerCase() === 's' ? deeds.save : deeds.undo)();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const fields = 'input:not([type=range], [type=radio]), select, textarea';
    if (target.matches?.(fields)) return;
    const presses = target.matches?.('button, input');
    const deed = DEEDS[key.length > 1 ? key : key.toLowerCase()];
    if (deed) deeds[deed]();
    else if (key === 'Enter' && !target.matches?.('button')) deeds.keep();
    else if (key === ' ' && !presses) deeds.live();
    else if (/^[1-9]$/.test(key)) deeds.category(Number(key) - 1);
    else if (key.toLowerCase() === 'x') deeds.cross(false);
    else if (key.toLowerCase() === 'n') deeds.cross(true);
    else if (ARROWS[key] && target.id === 'picture') {
      deeds.moveCross(...ARROWS[key].map((one) => one * (event.shiftKey ? FAR : STEP)));
    } else return;
    event.preventDefault();
  });
}
