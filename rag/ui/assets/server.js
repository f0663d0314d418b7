// Says in the chat's own words that its server has ended; Streamlit's dialog about it speaks to Streamlit's developers.
const SAID = 'The chat’s server has ended or cannot be reached. Your questions and answers are kept: '
  + 'start it again with “rag chat”, and this page goes on.';
const EVERY = 4000; // milliseconds between two looks

const answers = async () => {
  const folder = window.location.pathname.replace(/\/(chat|library|check|settings|help)?\/?$/, '/');
  try {
    return (await fetch(`${folder}_stcore/health`, { cache: 'no-store', signal: AbortSignal.timeout(EVERY) })).ok;
  } catch { return false; }
};

const show = (lost) => {
  document.body.classList.toggle('server-lost', lost);
  const shown = document.getElementById('server-lost');
  if (!lost) shown?.remove();
  if (!lost || shown) return;
  const node = document.createElement('div');
  node.id = 'server-lost';
  node.setAttribute('role', 'alert');
  node.textContent = SAID;
  (document.querySelector('.stApp') || document.body).append(node);
};

export default function () {
  clearInterval(window.__serverWatch); // this runs again on every change of theme
  let missed = 0;
  window.__serverWatch = setInterval(async () => {
    missed = await answers() ? 0 : missed + 1;
    show(missed > 1); // once may be a busy moment
  }, EVERY);
  return () => {};
}
