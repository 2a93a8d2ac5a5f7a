// What the other scripts of the agents' pages stand on. Every page works without
// them: links lead on, forms are sent.
//
// The document says "postern:page" when another page was put into #main. Scripts that
// work on what is in there begin anew then.
//
//   postern.key(combo, label, fn)  a key, such as 'j', 'g m' or 'shift+x'. What was
//                                  registered last is asked first; fn returns false to
//                                  pass the key on. The same combo and label replace.
//   postern.post(url, data)        sends a form as a page would; what comes back has
//                                  ok, status, data (of JSON) and why (in words).
//   postern.say(text, {undo, bad}) tells what happened; undo is a function.
//   postern.go(url)                opens a page: in #main where that can be.
(() => {
  'use strict';
  const keys = [];

  const key = (combo, label, fn) => {
    const at = keys.findIndex((k) => k.combo === combo && k.label === label);
    if (at >= 0) keys.splice(at, 1);
    keys.push({ combo, label, fn });
  };

  const failed = 'The server did not answer. What you did was not saved: try again in a moment.';
  const ended = 'Your session has ended. Open the page again and sign in.';

  const post = async (url, data) => {
    const body = data instanceof FormData || data instanceof URLSearchParams ? data : new URLSearchParams(data || {});
    let answer;
    try {
      answer = await fetch(url, { method: 'POST', body, headers: { Accept: 'application/json' }, credentials: 'same-origin' });
    } catch {
      return { ok: false, status: 0, data: null, why: failed };
    }
    const isJSON = (answer.headers.get('Content-Type') || '').startsWith('application/json');
    const known = isJSON ? await answer.json().catch(() => null) : null;
    const lost = answer.status === 403 && !isJSON;
    return { ok: answer.ok, status: answer.status, data: known, why: known?.words || (answer.ok ? '' : lost ? ended : failed) };
  };

  const shown = 8000;
  const say = (text, { undo, bad } = {}) => {
    const place = document.getElementById('said');
    if (!place) return;
    const box = document.createElement('div');
    box.className = bad ? 'say bad' : 'say';
    const words = document.createElement('p');
    words.textContent = text;
    box.append(words);
    const button = (label, fn) => {
      const b = document.createElement('button');
      b.type = 'button';
      b.textContent = label;
      b.addEventListener('click', () => { box.remove(); fn?.(); });
      box.append(b);
    };
    if (undo) button('Undo', undo);
    if (bad || !undo) button('OK');
    place.replaceChildren(box);
    // What went wrong stays until it is read.
    if (!bad) {
      let timer = setTimeout(() => box.remove(), shown);
      box.addEventListener('pointerenter', () => clearTimeout(timer));
      box.addEventListener('focusin', () => clearTimeout(timer));
    }
    postern.undo = undo ? () => { box.remove(); postern.undo = null; undo(); } : null;
  };

  // Panes replace this where they can load into one.
  const go = (url) => { location.href = url; };

  const postern = (window.postern = { key, keys, post, say, go, undo: null });

  // Keys: single ones, with Shift or Ctrl, and two after one another.
  const typing = (el) => el.isContentEditable || el.matches?.('textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit])');
  const named = (e) => {
    let name = e.key.length === 1 ? e.key.toLowerCase() : e.key.toLowerCase();
    if (e.shiftKey && /^[a-z]$/.test(name)) name = 'shift+' + name;
    if (e.ctrlKey || e.metaKey) name = 'ctrl+' + name;
    return name;
  };
  let before = '', timer;
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.altKey || e.isComposing || ['Shift', 'Control', 'Meta', 'Alt'].includes(e.key)) return;
    const name = named(e);
    if (name !== 'ctrl+k' && (typing(e.target) || document.querySelector('dialog[open]'))) return;
    // Enter and blank press what has the focus.
    if ((name === 'enter' || name === ' ') && e.target.closest('a, button, summary, input')) return;
    const combos = before ? [before + ' ' + name, name] : [name];
    clearTimeout(timer);
    before = '';
    for (const combo of combos) {
      for (const k of keys.filter((k) => k.combo === combo).reverse()) {
        if (k.fn(e) !== false) return e.preventDefault();
      }
    }
    if (keys.some((k) => k.combo.startsWith(name + ' '))) {
      before = name;
      timer = setTimeout(() => { before = ''; }, 1500);
    }
  });

  // Menus close when the agent turns to something else.
  const closeMenus = (except) => {
    for (const el of document.querySelectorAll('details.pop[open]')) if (!el.contains(except)) el.open = false;
  };
  document.addEventListener('click', (e) => closeMenus(e.target));
  document.addEventListener('focusin', (e) => closeMenus(e.target));
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    const open = document.querySelector('details.pop[open]');
    if (!open) return;
    closeMenus();
    open.querySelector('summary').focus();
    e.preventDefault();
  }, true);

  // Places in the rail: g and a letter.
  const places = { m: 'mine', u: 'unassigned', o: 'open', p: 'pending', n: 'mentions', s: 'snoozed', d: 'done', a: 'all', h: 'held', f: 'failed', c: 'contacts' };
  for (const [letter, name] of Object.entries(places)) {
    const link = document.querySelector(`[data-place="${name}"]`);
    if (link) key('g ' + letter, 'Go to ' + link.querySelector('bdi').textContent, () => link.click());
  }
  const start = document.querySelector('#places [data-key]');
  if (start) key(start.dataset.key, 'New request', () => start.click());
  key('/', 'Search', () => {
    const here = document.querySelector('#main input[type=search]');
    if (here) here.focus();
    else if (document.querySelector('a[href="/agent/search"]')) location.href = '/agent/search';
    else return false;
  });
  key('z', 'Undo what was just done', () => (postern.undo ? postern.undo() : false));
})();
