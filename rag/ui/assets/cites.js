// Catches clicks on our links and a few keys, and tells Python; shows the quote of the chip that is pointed at.
const CITE = '#cite-';
const ACT = '#act-';
const NOTE = '#note-'; // says something about its text, and leads nowhere
const JOINER = '\u2060'; // invisible: Python splits by it what the page would turn into links or icons

const linkOf = (event, prefix) => event.composedPath().find(
  (node) => node.tagName === 'A' && (node.getAttribute('href') || '').startsWith(prefix));

const openerOf = (reference) => document.querySelector(
  `a[href="${CSS.escape(CITE + reference)}"], a[href="${CSS.escape(ACT + reference)}"]`);

const writing = (event) => event.composedPath().some(
  (node) => node.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(node.tagName));

// --- the card with the quote: one element, its text by textContent

const card = () => {
  let node = document.getElementById('quote-card');
  if (!node) {
    node = document.createElement('div');
    node.id = 'quote-card';
    node.setAttribute('role', 'tooltip');
    node.hidden = true;
    (document.querySelector('.stApp') || document.body).append(node);
  }
  return node;
};

const place = (link, node) => {
  const at = link.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, window.innerWidth - node.offsetWidth - 8));
  const below = at.bottom + 6 + node.offsetHeight < window.innerHeight;
  node.style.left = `${left}px`;
  node.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - node.offsetHeight - 6)}px`;
};

let pointed = null; // the link that the card is about
let refused = ''; // its address, when Escape has put the card away: it stays away until something else is pointed at

const showCard = (link) => {
  const said = (link.getAttribute('title') || link.dataset.tip || '').replaceAll(JOINER, '');
  if (!said || refused === link.getAttribute('href')) return;
  if (pointed && pointed !== link) hideCard();
  pointed = link;
  link.dataset.tip = said;
  link.removeAttribute('title'); // else the browser shows its own as well
  const node = card();
  const cut = said.indexOf(': “');
  const about = document.createElement('strong');
  about.textContent = cut > 0 ? said.slice(0, cut) : '';
  const quote = document.createElement('span');
  quote.textContent = cut > 0 ? said.slice(cut + 2) : said;
  quote.dir = 'auto';
  node.replaceChildren(...(cut > 0 ? [about, quote] : [quote]));
  node.hidden = false;
  link.setAttribute('aria-describedby', 'quote-card');
  place(link, node);
};

// The chip of what is open beside the page is marked, and comes into view when another passage is stepped to.
const markOpen = (reference) => {
  for (const link of document.querySelectorAll('a[aria-current="true"]')) link.removeAttribute('aria-current');
  for (const link of reference ? document.querySelectorAll(`a[href="${CSS.escape(CITE + reference)}"]`) : []) {
    link.setAttribute('aria-current', 'true');
  }
};

const hideCard = () => {
  card().hidden = true;
  pointed = null;
  for (const link of document.querySelectorAll('a[aria-describedby="quote-card"]')) {
    link.removeAttribute('aria-describedby');
    link.setAttribute('title', link.dataset.tip || '');
  }
};

// The page was drawn anew or has moved: the browser tells of no movement of the mouse, yet another chip, or none, may
// be under it now, and the chip that the card is about may be gone or elsewhere.
const look = () => {
  const links = (state) => [CITE, NOTE].map((prefix) => `a[href^="${prefix}"]${state}`).join(', ');
  const under = document.querySelector(links(':hover')) || document.querySelector(links(':focus-visible'));
  if (!under) {
    if (pointed) hideCard();
  } else if (under === pointed && !card().hidden) place(under, card());
  else showCard(under);
};

// --- text that people select: once it is drawn, the invisible letters have done their work

const plain = () => {
  const texts = document.createTreeWalker(document.querySelector('.stApp') || document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.data.includes(JOINER)) node.data = node.data.replaceAll(JOINER, '');
  }
};

// --- names: a number alone tells nobody who hears the page what it leads to

const nameChips = () => {
  for (const link of document.querySelectorAll(`a[href^="${CITE}"]:not([aria-label])`)) {
    const number = link.textContent.trim();
    if (!/^\d+$/.test(number)) continue;
    const said = (link.getAttribute('title') || link.dataset.tip || '').replaceAll(JOINER, '');
    const about = said.includes(': “') ? said.slice(0, said.indexOf(': “')) : '';
    link.setAttribute('aria-label', about ? `Source ${number}, ${about}` : `Source ${number}`);
  }
};

// --- copying

// Both forms are handed to the clipboard as they are; the HTML never becomes part of the page.
const copy = async ({ text, html }) => {
  const forms = { 'text/plain': text, 'text/html': html };
  try {
    const blobs = Object.entries(forms).map(([kind, form]) => [kind, new Blob([form], { type: kind })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    return true;
  } catch { /* not allowed, or the page is not on a secure address: the old way */ }
  const give = (event) => {
    for (const [kind, form] of Object.entries(forms)) event.clipboardData.setData(kind, form);
    event.preventDefault();
  };
  document.addEventListener('copy', give, { capture: true });
  const done = document.execCommand('copy');
  document.removeEventListener('copy', give, { capture: true });
  return done;
};

const tell = (link, text) => {
  if (!link || !link.isConnected) return;
  const before = link.dataset.label || link.textContent;
  link.dataset.label = before;
  link.textContent = text;
  setTimeout(() => { if (link.isConnected) link.textContent = before; }, 2000);
};

// --- a question was asked, or its answer has ended: the question comes into view where it stands outside of it

const HEADER = 60; // pixels at the top of a narrow page that its own bar covers

const showQuestion = () => {
  const questions = document.querySelectorAll('[data-testid="stChatMessage"]:has([data-testid="stChatMessageAvatarUser"])');
  const asked = questions[questions.length - 1];
  const top = asked ? asked.getBoundingClientRect().top : HEADER;
  if (top < HEADER - 40 || top > window.innerHeight * 0.7) asked.scrollIntoView({ block: 'start' });
};

// The page goes to its end some time after it is drawn: looked at again, until the reader scrolls.
const keepInView = (show) => {
  const timers = [0, 200, 600, 1200, 2000].map((wait) => setTimeout(show, wait));
  for (const kind of ['wheel', 'touchstart', 'keydown', 'pointerdown']) {
    document.addEventListener(kind, () => timers.forEach(clearTimeout), { once: true, passive: true });
  }
};

export default function ({ data, parentElement, setTriggerValue }) {
  const status = parentElement.querySelector('[role=status]');
  status.textContent = data.announce || '';
  const before = window.__openReference || '';
  window.__openReference = data.open || '';
  markOpen(data.open);
  if (data.open && before !== data.open) keepInView(() => openerOf(data.open)?.scrollIntoView({ block: 'nearest' }));
  if (before && !data.open) {
    const opener = window.__opener && window.__opener.isConnected ? window.__opener : openerOf(before);
    if (opener) opener.focus();
  }
  if (data.last && window.__last !== data.last) {
    window.__last = data.last;
    if (!data.open) keepInView(showQuestion);
  }
  if (data.copy && data.copy.nonce && window.__copied !== data.copy.nonce) {
    window.__copied = data.copy.nonce;
    const link = window.__copier;
    copy(data.copy).then((done) => {
      const said = done ? 'Copied' : 'Could not copy';
      tell(link, said);
      status.textContent = said;
    });
  }
  if (window.__cites) window.__cites.abort(); // this runs again on every change of data or theme
  const stop = window.__cites = new AbortController();
  const on = (kind, handler, capture = false) =>
    document.addEventListener(kind, handler, { capture, signal: stop.signal });

  on('click', (event) => {
    if (linkOf(event, NOTE)) event.preventDefault();
    const cite = linkOf(event, CITE);
    const act = cite ? null : linkOf(event, ACT);
    if (!cite && !act) return;
    event.preventDefault();
    event.stopPropagation();
    refused = cite ? cite.getAttribute('href') : '';
    hideCard();
    const link = cite || act;
    if (act && act.getAttribute('href').startsWith(`${ACT}copy-`)) window.__copier = act;
    else window.__opener = link;
    window.__wantFocus = true;
    setTriggerValue(cite ? 'cite' : 'act', link.getAttribute('href').slice((cite ? CITE : ACT).length));
  }, true);
  on('keydown', (event) => {
    if (event.key === 'Escape') {
      if (!card().hidden) {
        refused = pointed ? pointed.getAttribute('href') : '';
        hideCard();
      }
      else if (data.open && !event.defaultPrevented) setTriggerValue('cite', '-');
    } else if (event.key === '/' && !writing(event) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const box = document.querySelector('[data-testid="stChatInputTextArea"]')
        || document.querySelector('[data-testid="stMain"] input[type="search"], main input[type="search"]');
      if (box) {
        event.preventDefault();
        box.focus();
      }
    }
  });
  const told = (event) => linkOf(event, CITE) || linkOf(event, NOTE);
  const point = (event) => { const link = told(event); if (link) showCard(link); };
  const leave = (event) => {
    const link = told(event);
    if (!link) return;
    if (event.type === 'mouseout' || !link.matches(':hover')) refused = '';
    hideCard();
  };
  on('mouseover', point);
  // A drawing under a mouse that rests can put the card away, and no 'mouseover' follows: the next small move brings it back.
  on('mousemove', (event) => { if (card().hidden) point(event); });
  on('mouseout', leave);
  on('focusin', (event) => { if (told(event)?.matches(':focus-visible')) point(event); });
  on('focusout', leave);
  let asked = 0;
  const soon = () => {
    if (!asked) asked = requestAnimationFrame(() => { asked = 0; if (!stop.signal.aborted) { plain(); nameChips(); markOpen(data.open); look(); } });
  };
  on('scroll', soon, true);
  const drawn = new MutationObserver(soon);
  drawn.observe(document.querySelector('.stApp') || document.body, { childList: true, subtree: true });
  stop.signal.addEventListener('abort', () => drawn.disconnect());
  soon(); // the mouse may have come before this script
  return () => stop.abort();
}
