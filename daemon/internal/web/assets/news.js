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

  const count = (counts) => {
    for (const link of document.querySelectorAll('#places [data-place]')) {
      const n = counts[link.dataset.place] || 0, count = link.querySelector('.count');
      if (!count) continue;
      count.hidden = n === 0;
      count.querySelector('.n').textContent = n;
    }
  };

  let loading = false, again = false;
  const load = async () => {
    if (!list) return;
    if (loading) { again = true; return; }
    loading = true;
    try {
      const answer = await fetch(list.dataset.path, { credentials: 'same-origin', cache: 'no-store', headers: { 'Postern-Pane': 'list' } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById('list');
      // What somebody is choosing in is left alone; it comes with the next tidings.
      if (answer.ok && fresh && !list.querySelector('details[open], .row.going')) {
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
  const soon = () => { clearTimeout(timer); timer = setTimeout(load, 100); };
  document.addEventListener('postern:changed', soon);

  // One stream for all of the page: other scripts hear of it by "postern:event".
  let source, retry, watching;
  const retryAfter = 3e4; // after a refusal, which browsers take as final
  const address = () => {
    const query = new URLSearchParams();
    if (list && list.dataset.in !== 'held') {
      query.set('list', list.dataset.in);
      for (const [name, value] of new URL(list.dataset.path, location.href).searchParams) query.set(name, value);
    }
    const ticket = location.pathname.match(/^\/agent\/tickets\/(\d+)$/);
    if (ticket) query.set('ticket', ticket[1]);
    return '/agent/events?' + query;
  };
  let held;
  const hear = (name, data) => {
    if (name === 'counts') {
      count(data);
      if (list?.dataset.in === 'held' && held !== undefined && held !== data.held) soon();
      held = data.held;
    }
    if (name === 'list' && data !== list?.dataset.look) soon();
    document.dispatchEvent(new CustomEvent('postern:event', { detail: { name, data } }));
  };
  const close = () => { clearTimeout(retry); source?.close(); source = watching = undefined; };
  const open = () => {
    const at = address();
    if (source && watching === at && source.readyState !== EventSource.CLOSED) return;
    close();
    watching = at;
    source = new EventSource(at);
    source.addEventListener('error', () => {
      if (source && source.readyState === EventSource.CLOSED) { close(); retry = setTimeout(follow, retryAfter); }
    });
    for (const name of ['counts', 'list', 'ticket', 'presence']) {
      source.addEventListener(name, (e) => { if (watching === at) hear(name, JSON.parse(e.data)); });
    }
  };
  if (!window.EventSource || !location.pathname.startsWith('/agent')) return;
  // A page that nobody sees needs no connection; browsers have six for a site.
  const follow = () => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', follow);
  document.addEventListener('postern:page', follow); // another request is beside the list
  addEventListener('pagehide', close);
  addEventListener('pageshow', (e) => { if (e.persisted) follow(); });
  follow();
})();
