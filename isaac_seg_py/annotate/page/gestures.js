// Mouse, pen and fingers on the canvas become clicks, boxes and moves.

const STILL = 5;

export function listen(view, click, drag) {
  const { canvas } = view;
  const down = new Map();
  let start = null;

  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...view.place(event));
  }, { passive: false });

  canvas.addEventListener('pointerdown', (event) => {
    if (!view.image) return;
    canvas.setPointerCapture(event.pointerId);
    const at = view.place(event);
    down.set(event.pointerId, at);
    const pans = down.size > 1 || event.button === 1 || (event.button === 0 && event.ctrlKey);
    start = { at, event, pans, moved: false };
    if (pans) view.stretch(null);
    if (event.button === 1) event.preventDefault();
  });

  canvas.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (!before || !start) return;
    const at = view.place(event);
    const far = STILL * (devicePixelRatio || 1);
    if (Math.hypot(at[0] - start.at[0], at[1] - start.at[1]) > far) start.moved = true;
    if (down.size > 1) pinch(event.pointerId, before, at);
    else if (start.pans) view.move(at[0] - before[0], at[1] - before[1]);
    else if (start.moved && start.event.button === 0) view.stretch(boxOf(start.at, at));
    down.set(event.pointerId, at);
  });

  canvas.addEventListener('pointerup', (event) => {
    const at = down.get(event.pointerId);
    down.delete(event.pointerId);
    if (!at || !start || down.size) return;
    const { event: first, pans, moved } = start;
    start = null;
    if (moved && !pans && first.button === 0) {
      view.stretch(null);
      const box = boxOf(view.place(first), at);
      if (box[2] - box[0] >= 1 && box[3] - box[1] >= 1) drag(box);
    } else if (!moved && (!pans || first.ctrlKey) && view.isOnPicture(at)) {
      const beside = first.button === 2 || first.altKey || first.shiftKey || first.ctrlKey;
      click(view.onPicture(at), beside);
    }
  });

  canvas.addEventListener('pointercancel', (event) => {
    down.delete(event.pointerId);
    start = null;
    view.stretch(null);
  });

  function boxOf(one, other) {
    const [[x1, y1], [x2, y2]] = [view.onPicture(one), view.onPicture(other)];
    return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  }

  function pinch(id, before, at) {
    const other = [...down].find(([key]) => key !== id)[1];
    const length = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
    view.zoom(length(at) / length(before), ...other);
    view.move((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
  }
}
