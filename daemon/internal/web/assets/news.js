// Lists and counts show what happens while they are looked at.
(() => {
  'use strict';
  const shell = document.getElementById('shell');
  const list = document.getElementById('list');
  if (!shell || !window.DOMParser) return;

  // Rows that are the same stay what they are: what is ticked, focused or open there.
  const bare = (row) => {
    const copy = row.cloneNode(true);
    for (const time of copy.querySelectorAll('time')) { time.textContent = ''; time.title = ''; }
    copy.querySelector('.open')?.removeAttribute('aria-current');
    copy.classList.remove('here', 'going');
    return copy.className.trim() + copy.innerHTML;
  };
  const mend = (fresh) => {
    const old = list.querySelector('.rows'), now = fresh.querySelector('.rows');
    if (!old || !now) return replace(fresh);
    const known = new Map([...old.children].map((r) => [r.querySelector('.open').id, r]));
    const next = [...now.children].map((row) => {
      const id = row.querySelector('.open').id, same = known.get(id);
      if (same && bare(same) === bare(row)) return same;
      const made = document.importNode(row, true);
      const box = made.querySelector('.tickbox input');
      if (box) box.checked = same?.querySelector('.tickbox input')?.checked || false;
      if (same?.contains(document.activeElement)) setTimeout(() => made.querySelector('.open').focus({ preventScroll: true }));
      return made;
    });
    const focused = document.activeElement;
    old.replaceChildren(...next);
    if (focused && old.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
    for (const part of ['.total', '.pager']) {
      const was = list.querySelector(part), is = fresh.querySelector(part);
      if (was && is && was.innerHTML !== is.innerHTML) was.replaceWith(document.importNode(is, true));
    }
  };
  const replace = (fresh) => {
    if (list.contains(document.activeElement)) list.focus({ preventScroll: true });
    const next = document.importNode(fresh, true);
    list.replaceChildren(...next.childNodes);
  };

  const counts = (page) => {
    for (const link of page.querySelectorAll('#places [data-place]')) {
      const here = document.querySelector(`#places [data-place="${CSS.escape(link.dataset.place)}"] .count`), count = link.querySelector('.count');
      if (!here || !count) continue;
      here.hidden = count.hidden;
      here.querySelector('.n').textContent = count.querySelector('.n').textContent;
    }
  };

  let loading = false, again = false;
  const load = async () => {
    if (loading) { again = true; return; }
    loading = true;
    try {
      const answer = await fetch(list ? list.dataset.path : '/agent', { credentials: 'same-origin', cache: 'no-store' });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById('list');
      if (answer.ok) counts(page);
      if (answer.ok && fresh && list && !list.querySelector('details[open]')) {
        mend(fresh);
        list.dataset.look = fresh.dataset.look || '';
        postern.pane?.mark();
        document.dispatchEvent(new CustomEvent('postern:list'));
      }
    } catch {
      // The next tidings try again.
    } finally {
      loading = false;
      if (again) { again = false; soon(); }
    }
  };
  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(load, 150); };
  document.addEventListener('postern:changed', soon);

  // Counts come as they are, by the names of the places.
  const count = (all) => {
    for (const link of document.querySelectorAll('#places [data-place]')) {
      const n = all[link.dataset.place], place = link.querySelector('.count');
      if (n === undefined || !place) continue;
      place.hidden = n === 0;
      place.querySelector('.n').textContent = String(n);
    }
  };

  // One stream for the whole page; other scripts hear of it by "postern:event". Each
  // event is all of what it is about, so that nothing is missed while there was none.
  const address = () => {
    const query = new URLSearchParams();
    if (list?.dataset.look !== undefined) {
      query.set('list', list.dataset.in);
      for (const [name, value] of new URL(list.dataset.path, location.href).searchParams) {
        if (['order', 'before', 'after'].includes(name)) query.set(name, value);
      }
    }
    const number = document.getElementById('ticket')?.dataset.number;
    if (number) query.set('ticket', number);
    return '/agent/events?' + query;
  };
  let held;
  const heard = (name, data) => {
    document.dispatchEvent(new CustomEvent('postern:event', { detail: { name, data } }));
    if (name === 'counts') {
      count(data);
      if (list?.dataset.in === 'held' && held !== undefined && held !== data.held) soon();
      held = data.held;
    }
    if (name === 'list' && data !== list?.dataset.look) soon();
  };
  let source, at, retry;
  const retryAfter = 3e4;
  const close = () => { clearTimeout(retry); source?.close(); source = undefined; };
  const open = () => {
    close();
    at = address();
    source = new EventSource(at);
    source.addEventListener('error', () => {
      if (source && source.readyState === EventSource.CLOSED) retry = setTimeout(open, retryAfter);
    });
    for (const name of ['list', 'counts', 'ticket', 'presence']) {
      source.addEventListener(name, (e) => heard(name, JSON.parse(e.data)));
    }
  };
  if (!window.EventSource || !shell.dataset.live) return;
  const follow = () => {
    if (document.hidden) close();
    else if (!source || at !== address()) open();
  };
  document.addEventListener('visibilitychange', follow);
  document.addEventListener('postern:page', follow);
  addEventListener('pagehide', close);
  addEventListener('pageshow', (e) => { if (e.persisted) follow(); });
  follow();
})();
