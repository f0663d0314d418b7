// Keeps what each page shows in the tab's own storage, so that a reload does not lose the way back to the other pages;
// says which part of the page leads to them, and whether something is open beside it.
const KEPT = 'article-chat-pages';
const WAITS = [50, 500, 2000]; // milliseconds; what is sent while the page is being put together can be lost

const kept = () => {
  try { return JSON.parse(sessionStorage.getItem(KEPT)) || {}; } catch { return {}; }
};

const keep = (pages) => {
  try { sessionStorage.setItem(KEPT, JSON.stringify(pages)); } catch { /* no storage: a reload forgets */ }
};

const mark = () => {
  document.body.classList.toggle('source-open', Boolean(document.querySelector('.st-key-source_body')));
  const links = document.querySelector('.st-key-pages');
  if (!links || links.getAttribute('role') === 'navigation') return;
  links.setAttribute('role', 'navigation');
  links.setAttribute('aria-label', 'Pages');
};

export default function ({ data, setTriggerValue }) {
  for (const timer of window.__pagesTimers || []) clearTimeout(timer); // this runs again on every change of data
  window.__pagesDrawn?.disconnect();
  const before = kept();
  const lost = !data.restored && Object.keys(before).some((page) => !(page in data.pages));
  window.__pagesTimers = lost
    ? WAITS.map((wait) => setTimeout(() => setTriggerValue('back', JSON.stringify(before)), wait)) : [];
  if (!lost) keep(data.pages);
  mark();
  window.__pagesDrawn = new MutationObserver(mark);
  window.__pagesDrawn.observe(document.querySelector('.stApp') || document.body, { childList: true, subtree: true });
  return () => {};
}
