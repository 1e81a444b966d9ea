// The classes to choose from, and the objects of the picture. What is there stays there and is
// only changed: whoever types into a field, or is on it, is not disturbed.

import { colorOf } from './masks.js';

const rows = new Map();

function make(tag, fields = {}, ...children) {
  const element = Object.assign(document.createElement(tag), fields);
  element.append(...children);
  return element;
}

export function showCategories(place, categories, chosen, choose) {
  for (const [index, { id, name }] of categories.entries()) {
    if (place.children[index]) continue;
    const fields = { type: 'radio', name: 'category', value: id, onchange: () => choose(id) };
    const key = index < 9 ? `${index + 1} ` : '';
    place.append(make('label', {}, make('input', fields), ` ${key}${name}`));
  }
  for (const input of place.querySelectorAll('input')) input.checked = Number(input.value) === chosen;
}

export function showObjects(place, objects, categories, edited, deeds) {
  for (const [id, row] of rows) {
    if (objects.some((one) => one.id === id)) continue;
    row.item.remove();
    rows.delete(id);
  }
  for (const [index, object] of objects.entries()) {
    if (!rows.has(object.id)) rows.set(object.id, new Row(object, categories, deeds));
    const row = rows.get(object.id);
    row.show(object, categories, object.id === edited);
    const there = place.children[index] ?? null;
    if (there !== row.item) place.insertBefore(row.item, there);
  }
}

class Row {
  constructor(object, categories, { change, edit, remove }) {
    this.object = object;
    const colour = make('span', { className: 'colour' });
    colour.style.background = colorOf(object);
    this.name = make('input', {
      maxLength: 100,
      autocomplete: 'off',
      onchange: () => change(this.object, this.object.category, this.name.value),
    });
    this.select = make('select', { onchange: () => this.#chosen(change) });
    const button = (text, deed) => (
      make('button', { type: 'button', textContent: text, onclick: () => deed(this.object) })
    );
    [this.editor, this.bin] = [button('Edit', edit), button('✕', remove)];
    this.item = make('li', {}, colour, this.name, this.select, this.editor, this.bin);
  }

  show(object, categories, isEdited) {
    this.object = object;
    this.categories = categories;
    for (const { id, name } of categories.slice(this.select.length)) {
      this.select.append(make('option', { value: id, textContent: name }));
    }
    this.select.value = object.category;
    if (document.activeElement !== this.name) this.name.value = object.name;
    this.name.setAttribute('aria-label', `Name of ${object.name}`);
    this.select.setAttribute('aria-label', `Class of ${object.name}`);
    this.editor.setAttribute('aria-label', `Edit ${object.name}`);
    this.bin.setAttribute('aria-label', `Delete ${object.name}`);
    this.item.className = isEdited ? 'edited' : '';
  }

  #chosen(change) {
    const { category, id, name } = this.object;
    const old = this.categories.find((one) => one.id === category)?.name;
    // A name that was made of the class follows the class.
    change(this.object, Number(this.select.value), name === `${old} ${id}` ? '' : name);
  }
}
