// Catches clicks on #cite- links and the Escape key, and tells Python. Shows nothing but a line for screen readers.
const PREFIX = '#cite-';

const linkOf = (event) => event.composedPath().find(
  (node) => node.tagName === 'A' && (node.getAttribute('href') || '').startsWith(PREFIX));

const openerOf = (reference) => document.querySelector(`a[href="${CSS.escape(PREFIX + reference)}"]`);

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelector('[role=status]').textContent = data.announce || '';
  const before = window.__openReference || '';
  window.__openReference = data.open || '';
  if (before && !data.open) {
    const opener = window.__opener && window.__opener.isConnected ? window.__opener : openerOf(before);
    if (opener) opener.focus();
  }
  if (window.__cites) window.__cites.abort(); // this runs again on every change of data or theme
  const stop = window.__cites = new AbortController();
  document.addEventListener('click', (event) => {
    const link = linkOf(event);
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    window.__opener = link;
    window.__wantFocus = true;
    setTriggerValue('cite', link.getAttribute('href').slice(PREFIX.length));
  }, { capture: true, signal: stop.signal });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && data.open && !event.defaultPrevented) setTriggerValue('cite', '-');
  }, { signal: stop.signal });
  return () => stop.abort();
}
