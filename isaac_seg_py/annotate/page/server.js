// Asks the server: every request has the token, and an answer that says no is an Error.

const STORED = 'isaac-seg-token';

async function findToken() {
  // The part behind # is never sent; it is taken out of the address line and the history.
  let given = location.hash.slice(1);
  if (given) history.replaceState(null, '', '/');
  if (given.startsWith('ticket=')) given = await redeem(given.slice('ticket='.length));
  if (given) sessionStorage.setItem(STORED, given);
  return sessionStorage.getItem(STORED) ?? '';
}

// A ticket is good once: others may have seen it on the command line of the browser.
async function redeem(ticket) {
  const headers = { Authorization: `Ticket ${ticket}`, 'Content-Type': 'application/json' };
  const options = { method: 'POST', headers, body: '{}' };
  const answer = await fetch('/api/ticket', options).catch(() => null);
  return answer?.ok ? (await answer.json()).token : '';
}

// The address of the terminal, opened where the page is open already.
addEventListener('hashchange', () => location.reload());

const headers = { Authorization: `Bearer ${await findToken()}` };

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error('The server does not answer. Does isaac-seg annotate still run?');
  }
  if (response.ok) return response;
  let text = `The server answered ${response.status}`;
  try {
    text = (await response.json()).error ?? text;
  } catch { /* what came is no JSON: the code must do */ }
  throw Object.assign(new Error(text), { status: response.status });
}

export async function read(path) {
  return (await send(path, { headers })).json();
}

export async function readImage(path) {
  return createImageBitmap(await (await send(path, { headers })).blob());
}

// What is known of a picture, and its pixels.
export async function readPicture(index) {
  return Promise.all([
    read(`/api/pictures/${index}`), readImage(`/api/pictures/${index}/image`),
  ]);
}

export async function post(path, fields = {}) {
  const response = await send(path, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(fields),
  });
  return response.json();
}

// Runs one question at a time. While it runs only the newest of the others waits.
export class Newest {
  #running = false;
  #waiting = null;
  idle = Promise.resolve();

  run(question) {
    if (this.#running) this.#waiting = question;
    else this.idle = this.#loop(question);
    return this.idle;
  }

  async #loop(question) {
    this.#running = true;
    try {
      this.#waiting = question;
      while (this.#waiting) {
        const next = this.#waiting;
        this.#waiting = null;
        await next();
      }
    } finally {
      this.#running = false;
    }
  }
}
