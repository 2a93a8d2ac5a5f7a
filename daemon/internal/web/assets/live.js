// Comfort only: a request that is open shows what is new in it, without losing what
// is being typed. The server tells how the request looks; the page itself is asked
// for when that is another look than the one it has.
(() => {
  'use strict';
  const thread = document.querySelector('#thread[data-look]');
  if (!thread || !window.EventSource || !window.DOMParser) return;

  // Parts that are replaced as a whole; the thread is mended message by message.
  const parts = ['status', 'people'];
  // After a form with a mistake the address is that of the form.
  const page = location.pathname.match(/^(\/[^/]+)?\/(t|requests)\/[^/]+/)?.[0] || location.pathname;
  const retryAfter = 6e4; // after a refusal, which browsers take as final
  let look = thread.dataset.look;
  let source, timer, loading;

  // Times age while a page is open, and quotes are opened: neither makes a message
  // another one.
  const bare = (message) => {
    const copy = message.cloneNode(true);
    for (const time of copy.querySelectorAll('time')) { time.textContent = ''; time.title = ''; }
    for (const open of copy.querySelectorAll('details[open]')) open.open = false;
    return copy.innerHTML;
  };

  const mend = (fresh) => {
    let news = 0;
    const next = [...fresh.children];
    const known = [...thread.children];
    next.forEach((message, i) => {
      const old = known[i];
      if (old && old.className === message.className && bare(old) === bare(message)) return;
      message = document.importNode(message, true);
      if (old) old.replaceWith(message);
      else thread.append(message);
      news++;
    });
    for (const old of known.slice(next.length)) old.remove();
    return news;
  };

  const said = document.createElement('p');
  said.className = 'unseen';
  said.setAttribute('role', 'status');
  thread.after(said);
  const tell = (words) => { if (words) said.textContent = words; };

  const show = (fetched) => {
    const fresh = fetched.querySelector('#thread[data-look]');
    if (!fresh) return false;
    const news = mend(fresh);
    let changed = false;
    for (const id of parts) {
      const old = document.getElementById(id), now = fetched.getElementById(id);
      // What somebody is using is left alone.
      if (!old || !now || bare(old) === bare(now) || old.contains(document.activeElement)) continue;
      old.replaceWith(document.importNode(now, true));
      changed = changed || id === 'status';
    }
    look = thread.dataset.look = fresh.dataset.look;
    tell(news ? thread.dataset.said : changed ? thread.dataset.changed : '');
    return true;
  };

  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      const address = page + location.search;
      const answer = await fetch(address, { cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    } catch {
      // The next tidings try again.
    } finally {
      loading = false;
    }
  };

  const close = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = undefined;
  };
  const open = () => {
    close();
    source = new EventSource(page + '/events');
    source.addEventListener('look', (e) => { if (e.data !== look) load(); });
    source.addEventListener('error', () => {
      if (source && source.readyState === EventSource.CLOSED) timer = setTimeout(open, retryAfter);
    });
  };

  // A page that nobody sees needs no connection; browsers have six for a site.
  const follow = () => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', close);
  addEventListener('pageshow', (e) => { if (e.persisted) follow(); });
  follow();
})();
