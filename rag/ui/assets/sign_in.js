// Takes people back to the address that they came for: the provider sends them to the front page.
const KEY = 'article-chat-way-back';
export default function ({ data }) {
  const here = location.pathname + location.search;
  if (data.away) {
    sessionStorage.removeItem('article-chat-pages'); // what the pages of somebody else showed
    if (!location.search.includes('sign-in-failed')) sessionStorage.setItem(KEY, here);
    return;
  }
  const wanted = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (wanted && wanted !== here && /^\/(?!\/)/.test(wanted)) location.replace(wanted);
}
