// Shows why an answer is what it is: passages with their scores as bars, and the time of each step.
const el = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
};

const bar = (name, value, share, digits) => {
  const row = el('div', 'score');
  row.append(el('span', 'name', name));
  const track = el('span', 'track');
  const fill = el('span', 'fill');
  fill.style.width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  track.append(fill);
  row.append(track, el('span', 'value', value === null ? 'not found' : value.toFixed(digits)));
  return row;
};

const passage = (row, index) => {
  const item = el('li', row.fate.startsWith('Cited') ? 'cited' : 'dropped');
  const head = el('div', 'head');
  const title = el('strong', '', row.title);
  title.dir = 'auto';
  head.append(el('span', 'rank', `${index + 1}`), title, el('span', 'fate', row.fate));
  const text = el('p', '', row.text);
  text.dir = 'auto';
  item.append(head);
  if (row.about) item.append(el('div', 'about', row.about));
  item.append(text,
    bar('Words', row.lexical, row.lexical_share, 2),
    bar('Meaning', row.dense, row.dense, 2),
    bar('Both', row.fused, row.fused, 2));
  if (row.reader !== null && row.reader !== undefined) item.append(bar('Answers', row.reader, row.reader, 2));
  return item;
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.why');
  const steps = el('div', 'steps');
  for (const step of data.steps) steps.append(bar(step.name, step.ms, step.share, step.ms < 10 ? 1 : 0));
  const list = el('ol');
  list.append(...data.rows.map(passage));
  const heading = (text) => el('h4', '', text);
  root.replaceChildren(heading('Passages, in the order in which they were found'), list);
  if (data.steps.length) root.append(heading('Time taken, in milliseconds'), steps);
}
