// Requests and held mails are opened beside the list that they stand in, without
// loading the list again.
(() => {
  'use strict';
  const shell = document.getElementById('shell');
  const main = document.getElementById('main');
  const list = document.getElementById('list');
  if (!shell || !main || !window.DOMParser) return;

  const alone = shell.classList.contains('alone') ? location.pathname + location.search : null; // the address of the list without anything beside
  const listTitle = document.title;
  let asked = 0; // counts, so that the answer to what was asked last wins
  let ahead; // one page that is likely to be asked for next

  const fits = (url) => {
    const path = new URL(url, location.href).pathname;
    if (!list) return false;
    return list.dataset.in === 'held' ? /^\/agent\/held\/[^/]+$/.test(path) : /^\/agent\/tickets\/\d+$/.test(path);
  };

  const fetched = async (url, options = {}) => {
    const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store', headers: { 'Postern-Pane': 'main' }, ...options });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('#shell > #main');
    if (!fresh) throw new Error('no page of the desk'); // the session has ended, or all is down
    return { fresh, title: page.title, url: answer.url };
  };

  const mark = () => {
    const path = location.pathname;
    for (const row of list?.querySelectorAll('.row') || []) {
      const open = row.querySelector('.open');
      const here = open.pathname === path;
      row.classList.toggle('here', here);
      if (here) { open.setAttribute('aria-current', 'true'); row.scrollIntoView({ block: 'nearest' }); } else open.removeAttribute('aria-current');
    }
  };

  const beside = (yes) => {
    if (!list) return;
    shell.classList.toggle('beside', yes);
    shell.classList.toggle('alone', !yes);
    main.hidden = !yes;
    const skip = document.querySelector('.skip');
    if (yes) list.removeAttribute('role');
    else list.setAttribute('role', 'main');
    if (skip) skip.href = yes ? '#main' : '#list';
    heading(yes ? 'h2' : 'h1');
  };

  // A page has one first heading: that of the request, or that of the list alone.
  const heading = (name) => {
    const old = document.getElementById('list-title');
    if (!old || old.localName === name) return;
    const next = document.createElement(name);
    next.id = old.id;
    next.append(...old.childNodes);
    old.replaceWith(next);
  };

  const show = (page, { push = true, focus = false } = {}) => {
    beside(true);
    const fresh = document.importNode(page.fresh, true);
    main.className = fresh.className;
    main.replaceChildren(...fresh.childNodes);
    document.title = page.title;
    const at = new URL(page.url, location.href);
    if (push && at.href !== location.href) history.pushState({ pane: true }, '', at);
    const target = at.hash && document.getElementById(at.hash.slice(1));
    if (target) target.scrollIntoView();
    else scrollTo(0, 0);
    mark();
    if (focus) { main.tabIndex = -1; main.focus({ preventScroll: true }); }
    document.dispatchEvent(new CustomEvent('postern:page', { detail: { url: at.href } }));
  };

  const open = async (url, how = {}) => {
    const mine = ++asked;
    main.setAttribute('aria-busy', 'true');
    try {
      const known = ahead && ahead.url === url && Date.now() - ahead.at < 1e4 ? ahead.page : fetched(url);
      ahead = undefined;
      const page = await known;
      if (mine !== asked) return;
      const hash = new URL(url, location.href).hash;
      show({ ...page, url: page.url.split('#')[0] + hash }, how);
    } catch {
      if (mine === asked) location.href = url;
    } finally {
      main.removeAttribute('aria-busy');
    }
  };

  postern.pane = { open, show, fits, fetched, beside, mark,
    // The page that is probably wanted next is asked for while there is time.
    ahead: (url) => { if (fits(url) && ahead?.url !== url) { const page = fetched(url); page.catch(() => {}); ahead = { url, page, at: Date.now() }; } },
    close: () => {
      if (!list || !shell.classList.contains('beside')) return false;
      if (!alone) { location.href = list.dataset.path; return true; }
      asked++;
      beside(false);
      main.replaceChildren();
      document.title = listTitle;
      if (location.pathname + location.search !== alone) history.pushState({ pane: true }, '', alone);
      document.dispatchEvent(new CustomEvent('postern:page', { detail: { url: location.href } }));
      list.querySelector('.row.here .open')?.focus();
      return true;
    } };
  postern.go = (url) => (fits(url) ? open(url) : void (location.href = url));

  document.addEventListener('click', (e) => {
    if (e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    const link = e.target.closest('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    if (link.matches('#list .open') && fits(link.href)) {
      e.preventDefault();
      open(link.href, { focus: true });
    } else if (alone && link.matches('.back-to') && postern.pane.close()) {
      e.preventDefault();
    }
  });

  addEventListener('popstate', (e) => {
    if (fits(location.href)) return open(location.href, { push: false });
    if (alone && location.pathname + location.search === alone) { beside(false); main.replaceChildren(); document.title = listTitle; return; }
    if (e.state?.pane || e.state === null) location.reload();
  });
  mark();
})();
