// What buttons and counters say, and which of them can be used.

const by = (id) => document.getElementById(id);

export function showButtons(now) {
  const { pictures, index, watching } = now;
  const isLast = index + 1 >= pictures;
  by('count').textContent = watching ? 'live' : `${index + 1} / ${pictures}`;
  by('place').hidden = pictures <= 1;
  [by('place').max, by('place').value] = [pictures, index + 1];
  by('place').setAttribute('aria-valuetext', `picture ${index + 1} of ${pictures}`);
  by('previous').disabled = watching || index <= 0;
  by('next').disabled = watching || isLast;
  by('undo').disabled = !now.canUndo;
  by('keep').disabled = by('discard').disabled = now.isEmpty;
  by('follow').disabled = watching || isLast || !now.hasObjects;
  by('follow').textContent = now.isFollowing ? 'Stop' : 'Follow';
  by('live').textContent = watching ? 'Freeze' : 'Live';
}
