// The list with the keyboard, and what is done with many requests at once.
(() => {
  'use strict';
  const list = document.getElementById('list');
  if (!list) return;
  const shell = document.getElementById('shell');
  const rows = () => [...list.querySelectorAll('.row:not(.going)')];
  const boxes = () => [...list.querySelectorAll('.tickbox input')];
  const ticked = () => boxes().filter((b) => b.checked);
  const isBeside = () => shell.classList.contains('beside');

  // Where the agent is in the list: what has the focus, or what is open beside it.
  const at = () => {
    const all = rows();
    const focused = all.findIndex((r) => r.contains(document.activeElement));
    return focused >= 0 ? focused : all.findIndex((r) => r.classList.contains('here'));
  };
  const step = (by) => {
    const all = rows();
    if (!all.length) return false;
    const from = at();
    const next = all[from < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + by, 0), all.length - 1)];
    const link = next.querySelector('.open');
    link.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
    if (isBeside() && !next.classList.contains('here')) postern.pane?.open(link.href);
    const after = all[all.indexOf(next) + by];
    if (isBeside() && after) postern.pane?.ahead(after.querySelector('.open').href);
  };
  postern.key('j', 'Next in the list', () => step(1));
  postern.key('k', 'Previous in the list', () => step(-1));
  postern.key('enter', 'Open', () => {
    const row = rows()[at()];
    if (!row) return false;
    row.querySelector('.open').click();
  });
  postern.key('o', 'Open', () => {
    const row = rows()[at()];
    if (!row) return false;
    row.querySelector('.open').click();
  });
  postern.key('u', 'Back to the list', () => postern.pane?.close() || false);
  postern.key('escape', 'Untick all, or back to the list', () => {
    if (ticked().length) { for (const b of ticked()) b.checked = false; return count(); }
    return postern.pane?.close() || false;
  });

  // Ticks.
  let last;
  const count = () => {
    const n = ticked().length;
    const words = list.querySelector('.ticked');
    if (words) words.textContent = n ? `${n} ticked` : '';
  };
  list.addEventListener('click', (e) => {
    const box = e.target.closest('.tickbox input');
    if (!box) return;
    if (e.shiftKey && last?.isConnected) {
      const all = boxes();
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const b of all.slice(from, to + 1)) b.checked = box.checked;
    }
    last = box;
    count();
  });
  list.addEventListener('change', count);
  list.addEventListener('reset', () => setTimeout(count));
  postern.key('x', 'Tick', () => {
    const box = rows()[at()]?.querySelector('.tickbox input');
    if (!box) return false;
    box.checked = !box.checked;
    last = box;
    count();
  });
  postern.key('shift+x', 'Tick all', () => {
    const all = boxes();
    const every = all.every((b) => b.checked);
    for (const b of all) b.checked = !every;
    count();
  });

  // A change of many shows at once. What could not be changed comes back with why.
  const leaves = { resolve: /^(mine|unassigned|open|pending|mentions|snoozed)$/, close: /^(mine|unassigned|open|pending|mentions|snoozed)$/, take: /^unassigned$/, spam: /./, 'not-spam': /^spam$/ };
  const send = async (data, numbers) => {
    const chosen = list.querySelectorAll('.row');
    const going = [...chosen].filter((r) => numbers.includes(r.dataset.number));
    const gone = leaves[data.get('do')]?.test(list.dataset.in);
    const next = gone && rows().find((r, i) => i > at() && !going.includes(r));
    for (const r of going) { r.classList.add('going'); const b = r.querySelector('.tickbox input'); if (b) b.checked = false; }
    count();
    const answer = await postern.post('/agent/bulk', data);
    const failed = answer.data?.failed || [];
    for (const r of going) r.classList.remove('going');
    if (!answer.ok) {
      for (const r of going) { const b = r.querySelector('.tickbox input'); if (b) b.checked = true; }
      count();
      return postern.say(answer.why, { bad: true });
    }
    for (const r of going) if (gone && !failed.some((f) => String(f.number) === r.dataset.number)) r.remove();
    if (next) next.querySelector('.open').focus({ preventScroll: true });
    const undo = answer.data.undo && (() => takeBack(answer.data.undo));
    const why = failed.map((f) => `#${f.number}: ${f.why}`).join(' ');
    postern.say([answer.data.words, why].filter(Boolean).join(' '), { undo, bad: failed.length > 0 });
    changed();
  };
  const takeBack = async (id) => {
    const answer = await postern.post('/agent/bulk/undo', { undo: id });
    const why = (answer.data?.failed || []).map((f) => `#${f.number}: ${f.why}`).join(' ');
    postern.say(answer.ok ? [answer.data.words, why].filter(Boolean).join(' ') : answer.why, { bad: !answer.ok || !!why });
    changed();
  };
  const changed = () => document.dispatchEvent(new CustomEvent('postern:changed'));

  list.addEventListener('submit', (e) => {
    const form = e.target;
    if (form.matches('.undo')) {
      e.preventDefault();
      form.closest('.notice')?.remove();
      return takeBack(new FormData(form).get('undo'));
    }
    if (form.id !== 'bulk') return;
    e.preventDefault();
    const data = new URLSearchParams(new FormData(form, e.submitter));
    for (const menu of form.querySelectorAll('details[open]')) menu.open = false;
    for (const field of form.querySelectorAll('.drop select, .drop input')) field.value = '';
    send(data, data.getAll('n'));
  });

  // What a key does to what is ticked, or to the row that has the focus. A request that
  // is open beside has keys of its own.
  const act = (name) => {
    let numbers = ticked().map((b) => b.value);
    if (!numbers.length && !isBeside()) {
      const row = rows()[at()];
      if (row?.dataset.number) numbers = [row.dataset.number];
    }
    if (!numbers.length || !document.getElementById('bulk')) return false;
    const data = new URLSearchParams({ do: name });
    for (const n of numbers) data.append('n', n);
    send(data, numbers);
  };
  postern.key('a', 'Take what is ticked', () => act('take'));
  postern.key('e', 'Resolve what is ticked', () => act('resolve'));
  postern.key('s', 'Change what is ticked', () => {
    const menu = document.getElementById('bulk-more');
    if (!menu || !ticked().length) return false;
    menu.open = true;
    menu.querySelector('select').focus();
  });
  count();
})();
