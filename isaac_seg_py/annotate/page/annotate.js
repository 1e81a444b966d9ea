// The page: brings picture, clicks, lists and server together.

import { showButtons } from './buttons.js';
import { Draft } from './draft.js';
import { Following } from './following.js';
import { listen } from './gestures.js';
import { showCategories, showObjects } from './lists.js';
import { showLive } from './live.js';
import { colorOf, paint } from './masks.js';
import { attempt, fileIs, tell, wordsOf } from './notices.js';
import { post, read, readPicture } from './server.js';
import { View } from './view.js';
import { wire } from './wiring.js';

const by = (id) => document.getElementById(id);
const view = new View(by('picture'));
const removed = [];
const following = new Following();
let session = null;
let index = -1;
let objects = [];
let category = 0;
let draft = new Draft(-1);
let visit = 0;
let watching = false;
let readiness = '';

function show() {
  const { object } = draft;
  const others = objects.filter((one) => one !== object).map((one) => one.layer);
  view.mark([...others, draft.layer].filter(Boolean), draft);
  showCategories(by('category-list'), session.categories, category, choose);
  showObjects(by('objects'), objects, session.categories, object?.id, { change, edit, remove });
  showButtons({
    pictures: session.pictures, index, watching, isFollowing: following.isOn,
    canUndo: draft.canUndo || removed.length > 0, isEmpty: draft.isEmpty,
    hasObjects: objects.length > 0 || draft.isOpen,
  });
  by('draft').textContent = wordsOf(draft, following.isOn, readiness);
}

function ask() {
  draft.ask(() => { tell(null); show(); }, (error) => { tell(error); show(); });
  show();
}

async function mark(point, beside) {
  if (stopped()) return;
  if (watching && !await freeze()) return;
  const sign = Number(document.querySelector('input[name=sign]:checked').value);
  draft.add(point, beside ? 0 : sign);
  ask();
}

async function around(box) {
  if (stopped()) return;
  if (watching && !await freeze()) return;
  draft.setBox(box);
  ask();
}

// Make the draft an object, and begin the next one.
async function keep() {
  const done = draft;
  if (!done.isOpen) {
    if (!done.isEmpty) begin();
    return true;
  }
  const found = await done.settled();
  if (done !== draft) return true;
  if (!found) return false;
  begin();
  const answer = await attempt(() => done.keep(found, category));
  if (answer) put(answer.object);
  else if (draft.isEmpty) draft = done;
  show();
  return answer !== null;
}

function begin(object = null) {
  draft = new Draft(index, object);
  if (object) category = object.category;
  show();
}

function put(object) {
  object.layer = paint(object.mask, colorOf(object));
  const place = objects.findIndex((one) => one.id === object.id);
  objects.splice(place < 0 ? objects.length : place, 1, object);
  if (draft.object?.id === object.id) draft.object = object;
}

function undo() {
  if (draft.canUndo) {
    draft.undo();
    ask();
  } else if (removed.length) {
    const { id, picture } = removed.pop();
    attempt(() => post(`/api/objects/${id}/restore`)).then(async (answer) => {
      if (answer && picture === index) put(answer.object);
      else if (answer) await go(picture);
      show();
    });
  }
}

function choose(id) {
  category = id;
  const { object } = draft;
  if (object && object.category !== id) change(object, id, object.name);
  show();
}

async function change(object, to, name) {
  const answer = await attempt(() => post(`/api/objects/${object.id}`, { category: to, name }));
  if (answer) put(answer.object);
  show();
}

async function edit(object) {
  if (await keep()) begin(objects.find((one) => one.id === object.id));
}

async function remove(object) {
  const answer = await attempt(() => post(`/api/objects/${object.id}/remove`));
  if (!answer) return;
  objects = objects.filter((one) => one.id !== object.id);
  removed.push({ id: object.id, picture: index });
  if (draft.object?.id === object.id) begin();
  show();
  // The button that was pressed is gone: keys go to the picture.
  if (document.activeElement === document.body) view.canvas.focus();
}

// Show a picture, once what is in work is kept; return whether it could be read.
async function go(to) {
  if (to < 0 || to >= session.pictures || !await keep()) {
    show();
    return false;
  }
  const mine = ++visit;
  watching = false;
  const [facts, image] = await attempt(() => readPicture(to)) ?? [];
  if (mine !== visit) return false;
  index = to;
  objects = [];
  by('name').textContent = by('name').title = facts?.name ?? '—';
  readiness = facts ? '' : 'No picture to click on.';
  view.cross = null;
  view.show(image ?? null);
  begin();
  // The others can be gone on to.
  if (!facts) return false;
  facts.objects.forEach(put);
  if (!following.isOn) prepare();
  show();
  return true;
}

// Make the picture ready before the first click, which may come at once all the same.
async function prepare() {
  const mine = visit;
  readiness = 'The network looks at the picture…';
  const answer = await attempt(() => post(`/api/pictures/${index}/encode`));
  if (mine !== visit) return;
  readiness = answer ? `Ready, after ${answer.ms.toFixed(0)} ms. Click on an object, or drag a box.` : '';
  show();
}

async function follow() {
  if (stopped() || watching) return;
  const { object } = draft;
  if (!await keep()) return;
  const chosen = object ? [object.id] : objects.map(({ id }) => id);
  if (!chosen.length) return;
  const problem = await following.run(index, session.pictures - 1, chosen, go);
  await prepare();
  // Behind what getting ready says, which would take it away.
  if (problem) tell(problem);
}

// Stop following, where that is going on; return whether it was.
function stopped() {
  const { isOn } = following;
  following.stop();
  return isOn;
}

async function visitPicture(to) {
  stopped();
  await go(to);
}

async function freeze() {
  const answer = await attempt(() => post('/api/freeze'));
  if (!answer) return false;
  session.pictures = answer.picture + 1;
  await go(answer.picture);
  return index === answer.picture;
}

async function watch() {
  if (!await keep()) return;
  const mine = ++visit;
  [watching, index, objects] = [true, -1, []];
  by('name').textContent = 'Topic';
  readiness = 'Click, or press Space, to freeze the frame.';
  begin();
  await showLive(view, () => watching && mine === visit, tell);
}

async function save() {
  if (await keep()) await attempt(() => post('/api/save'));
}

async function addCategory(name) {
  const answer = await attempt(() => post('/api/categories', { name }));
  if (!answer) return false;
  session.categories = answer.categories;
  choose(answer.category);
  return true;
}

const deeds = {
  undo, keep, save, follow, addCategory,
  go: visitPicture,
  discard: () => stopped() || begin(),
  remove: () => draft.object && remove(draft.object),
  previous: () => visitPicture(index - 1),
  next: () => visitPicture(index + 1),
  first: () => visitPicture(0),
  last: () => visitPicture(session.pictures - 1),
  live: () => session.live && (watching ? freeze() : watch()),
  category: (place) => session.categories[place] && choose(session.categories[place].id),
  cross: (beside) => view.cross && mark([...view.cross], beside),
};

async function start() {
  session = await attempt(() => read('/api/session'));
  if (!session) return;
  category = session.categories[0].id;
  document.title = `Annotate with ${session.model}`;
  fileIs('File:', session.file);
  by('live').hidden = !session.live;
  wire(view, deeds, () => draft.isOpen);
  listen(view, mark, around);
  await (session.pictures ? go(0) : watch());
}

start();
