// Shows an article as text: every string goes in by textContent, so nothing in it can become part of the page.
const el = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
};

const original = (address) => {
  let url;
  try { url = new URL(address); } catch { return null; }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const link = el('a', 'original', `Original at ${url.hostname} ↗`);
  link.title = 'Opens the page at this passage';
  link.href = url.href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
};

const linkButton = (text, action) => {
  const button = el('button', 'tool', text);
  button.type = 'button';
  button.onclick = () => action(button);
  return button;
};

const pageAddress = (query) => {
  const folder = window.location.pathname.replace(/\/(chat|library|check|settings|help)?\/?$/, '/');
  return `${window.location.origin}${folder}${query}`;
};

const copyLink = async (button, query) => {
  let done = true;
  try { await navigator.clipboard.writeText(pageAddress(query)); } catch { done = false; }
  button.textContent = done ? 'Link copied' : pageAddress(query);
  if (done) setTimeout(() => { button.textContent = 'Copy link'; }, 2000);
};

// The original, a link to this passage, and the ways to the passages that are cited before and after it.
const tools = (data, setTriggerValue) => {
  const row = el('div', 'tools');
  const link = original(data.url);
  if (link) row.append(link);
  if (data.link) row.append(linkButton('Copy link', (button) => copyLink(button, data.link)));
  if (data.wrong !== null && data.wrong !== undefined) {
    const wrong = linkButton(data.wrong ? 'Called a wrong source. Undo' : 'Wrong source?', () => setTriggerValue('wrong', true));
    wrong.title = data.wrong ? 'Take it back' : 'Say that this passage does not bear out the answer; kept with the feedback';
    wrong.setAttribute('aria-pressed', String(data.wrong));
    row.append(wrong);
  }
  if (data.place) {
    const steps = el('span', 'steps');
    for (const [label, name, to] of [['‹', 'Passage before', data.before], ['›', 'Passage after', data.after]]) {
      const button = linkButton(label, () => { window.__wantFocus = true; setTriggerValue('go', to); });
      button.setAttribute('aria-label', name);
      button.title = name;
      button.disabled = !to;
      steps.append(button);
    }
    steps.firstChild.after(el('span', 'place', data.place));
    row.append(steps);
  }
  return row;
};

const paragraph = (segments) => {
  const node = el('p');
  node.dir = 'auto';
  for (const [text, kind] of segments) {
    if (!kind) node.append(document.createTextNode(text));
    else if (kind === 'chosen') node.append(el('mark', '', text));
    else {
      const also = el('span', 'also', text);
      also.title = 'Cited in this answer, too';
      node.append(also);
    }
  }
  return node;
};

// "[" and "]" step to the passage before and after, unless somebody writes.
const listenToKeys = (data, setTriggerValue) => {
  if (window.__steps) window.__steps.abort();
  const stop = window.__steps = new AbortController();
  document.addEventListener('keydown', (event) => {
    const writes = event.composedPath().some(
      (node) => node.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(node.tagName));
    const to = { '[': data.before, ']': data.after }[event.key];
    if (!to || writes || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    window.__wantFocus = true;
    setTriggerValue('go', to);
  }, { signal: stop.signal });
  return () => stop.abort();
};

export default function ({ data, parentElement, setTriggerValue }) {
  const stopKeys = listenToKeys(data, setTriggerValue);
  const root = parentElement.querySelector('.article');
  const view = JSON.stringify([data.reference, data.nonce, data.notice, data.wrong]);
  const close = () => setTriggerValue('close', true);
  if (root.dataset.view === view) {
    root.querySelector('.close').onclick = close;
    return stopKeys;
  }
  root.dataset.view = view;
  root.replaceChildren();
  root.setAttribute('aria-label', `Article: ${data.title}`);

  const head = el('header');
  const title = el('h2', '', data.title);
  title.dir = 'auto';
  const button = el('button', 'close', '✕');
  button.type = 'button';
  button.title = 'Close (Esc)';
  button.setAttribute('aria-label', 'Close the article');
  button.onclick = close;
  head.append(title, button);
  root.append(head);
  root.append(el('div', 'meta', data.meta), tools(data, setTriggerValue));
  if (data.notice) {
    const notice = el('p', 'notice', data.notice);
    notice.setAttribute('role', 'alert');
    root.append(notice);
  }
  const body = el('div', 'body');
  body.tabIndex = 0;
  body.setAttribute('role', 'document');
  body.setAttribute('aria-label', 'Text of the article');
  body.append(...data.paragraphs.map(paragraph));
  root.append(body);

  const mark = body.querySelector('mark');
  const show = () => {
    if (!mark) return;
    const away = mark.getBoundingClientRect().top - body.getBoundingClientRect().top;
    body.scrollTop = Math.max(0, body.scrollTop + away - body.clientHeight / 4);
  };
  // The sheet of a narrow page gets its height late: show again at each change of size, until the reader takes over.
  const sized = new ResizeObserver(show);
  sized.observe(body);
  for (const kind of ['wheel', 'touchstart', 'keydown', 'pointerdown']) {
    body.addEventListener(kind, () => sized.disconnect(), { once: true, passive: true });
  }
  requestAnimationFrame(() => {
    show();
    if (window.__wantFocus) {
      window.__wantFocus = false;
      body.focus({ preventScroll: true });
    }
  });
  return stopKeys;
}
