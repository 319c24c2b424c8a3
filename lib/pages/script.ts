/**
 * What makes cards of the data in a page. Plain JavaScript for browsers: cards are empty until they come near the window, and
 * all text goes in by `textContent`, so that none of it is read as markup.
 */
export const SCRIPT = String.raw`
'use strict';
const parts = [...document.querySelectorAll('script[data-cards]')];
const parsed = new Map();
const cardsOf = (part) => {
  if (!parsed.has(part)) parsed.set(part, JSON.parse(parts[part].textContent));
  return parsed.get(part);
};
const index = JSON.parse(document.getElementById('index').textContent);
const main = document.querySelector('main');
const search = document.querySelector('input');
const groups = document.querySelector('select');
const shownCount = document.querySelector('output');
const outcomes = [...document.querySelectorAll('[data-outcome]')];
const sorts = [...document.querySelectorAll('[data-sort]')];
let query = '';
let outcome = 'all';
let current = null;

const make = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
};
const visible = (text) => text.replace(/[^\P{Cc}\t\n\r]/gu, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
const filled = (element, raw) => {
  const text = visible(raw);
  if (query === '') { element.textContent = text; return element; }
  const lower = text.toLowerCase();
  // Some letters change their number when they are made small; then nothing is marked.
  if (lower.length !== text.length) { element.textContent = text; return element; }
  let at = 0;
  for (let found = lower.indexOf(query); found >= 0; found = lower.indexOf(query, at)) {
    element.append(text.slice(at, found), make('mark', '', text.slice(found, found + query.length)));
    at = found + query.length;
  }
  element.append(text.slice(at));
  return element;
};
const labelled = (label, className, text) => [filled(make('div', 'label ' + className), label), filled(make('pre', className), text)];
const blocks = {
  turn: ({ role, text }) => labelled(role, /^(system|user|assistant|prompt)$/.test(role) ? role : '', text),
  text: ({ label, text, mark }) => labelled(label, mark || '', text),
  choices: ({ label, choices }) => [
    make('div', 'label', label),
    make('ol', '', ...choices.map(({ text, gold, note }, i) => {
      const line = make('li', gold ? 'gold' : '', make('i', '', String(i)), filled(make('span', ''), text));
      if (note) line.append(make('em', 'note', note));
      if (gold) line.append(make('em', '', '✓ gold'));
      return line;
    })),
  ],
  extracted: ({ filter, selected, text, metrics }) => [
    make('div', 'extracted', filled(make('span', 'label'), filter + (selected ? ' (is the score)' : '')), filled(make('code', ''), text),
      ...metrics.map(([metric, value]) => make('span', '', metric + ' ', filled(make('code', ''), value)))),
  ],
  fold: ({ label, blocks: inside }) => {
    const body = make('div', 'in');
    const fold = make('details', '', make('summary', '', label), body);
    const fill = () => { if (!body.firstChild) body.append(...inside.flatMap(rendered)); };
    fold.addEventListener('toggle', fill);
    if (query !== '' && textOf(inside).includes(query)) { fill(); fold.open = true; }
    fold.fill = fill;
    return [fold];
  },
};
const rendered = (block) => blocks[block.kind](block);
const textOf = (value) => {
  if (typeof value === 'string') return value.toLowerCase();
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  return value && typeof value === 'object' ? Object.values(value).map(textOf).join('\n') : '';
};

const articles = index.map(([part, at, title, word, about, group, how, id, score, time], place) => {
  const head = make('h2', '', visible(title));
  if (word) head.append(make('b', '', visible(word)));
  if (about) head.append(make('small', '', visible(about)));
  const article = make('article', how || '', head);
  article.id = 'card-' + place;
  article.tabIndex = -1;
  return Object.assign(article, { card: { part, at, group, how, id, score, time, place, filled: false } });
});
const fill = (article) => {
  const { card } = article;
  if (card.filled) return;
  card.filled = true;
  article.append(...cardsOf(card.part)[card.at].blocks.flatMap(rendered));
};
const empty = (article) => {
  article.card.filled = false;
  while (article.childNodes.length > 1) article.lastChild.remove();
};
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) fill(target);
}, { rootMargin: '1500px 0px' });
main.append(...articles);
for (const article of articles) near.observe(article);
addEventListener('beforeprint', () => { for (const article of articles) if (!article.hidden) fill(article); });

const update = () => {
  let count = 0;
  for (const article of articles) {
    const { part, at, group, how } = article.card;
    const fits = (outcome === 'all' || how === outcome) && (!groups || groups.value === '' || group === groups.value)
      && (query === '' || textOf(article.firstChild.textContent).includes(query) || textOf(cardsOf(part)[at].blocks).includes(query));
    article.hidden = !fits;
    if (fits) count++;
  }
  shownCount.textContent = count === articles.length ? count + (count === 1 ? ' document' : ' documents') : count + ' of ' + articles.length;
};
const pick = (buttons, one) => { for (const b of buttons) b.setAttribute('aria-pressed', String(b === one)); };
for (const button of outcomes) button.addEventListener('click', () => { pick(outcomes, button); outcome = button.dataset.outcome; update(); });
for (const button of sorts) button.addEventListener('click', () => {
  pick(sorts, button);
  const [key, sign] = button.dataset.sort.split(' ');
  articles.sort((a, b) => Number(sign) * (a.card[key] - b.card[key]) || a.card.place - b.card.place);
  main.append(...articles);
});
if (groups) groups.addEventListener('change', update);
let typing;
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    query = search.value.trim().toLowerCase();
    const made = articles.filter((article) => article.card.filled);
    for (const article of made) empty(article);
    update();
    // Those that are in the window already are told again only so.
    for (const article of made) { near.unobserve(article); near.observe(article); }
  }, 120);
});

const select = (article) => {
  if (!article) return;
  if (current) current.classList.remove('current');
  current = article;
  fill(article);
  article.classList.add('current');
  article.scrollIntoView({ block: 'start' });
  article.focus({ preventScroll: true });
};
const step = (by) => {
  const seen = articles.filter((article) => !article.hidden);
  const at = current && !current.hidden ? seen.indexOf(current) + by : by > 0 ? 0 : seen.length - 1;
  select(seen[Math.max(0, Math.min(seen.length - 1, at))]);
};
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === search) {
    if (event.key === 'Escape') { search.value = ''; search.dispatchEvent(new Event('input')); search.blur(); }
    if (event.key === 'Enter') { search.blur(); step(1); }
    return;
  }
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
  else if (event.key === 'o' && current) {
    const folds = [...current.querySelectorAll('details')];
    const open = folds.some((fold) => !fold.open);
    for (const fold of folds) { fold.fill(); fold.open = open; }
  } else if (event.key === '/') { event.preventDefault(); search.focus(); search.select(); }
});
update();
`;
