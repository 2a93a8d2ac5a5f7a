// A request: what is changed on its page is sent without leaving it, and what comes
// back takes the places of what it changed. Every form works without this.
(() => {
  'use strict';
  const desk = window.postern;
  const ticket = () => document.getElementById('ticket');
  if (!desk || !window.DOMParser) return;

  // bare is what a part says, whatever is open in it and however old it has become.
  const bare = (el) => {
    const copy = el.cloneNode(true);
    for (const time of copy.querySelectorAll('time')) { time.textContent = ''; time.title = ''; }
    for (const open of copy.querySelectorAll('details[open]')) open.open = false;
    for (const mine of copy.querySelectorAll('.others-here, .filter, [data-until]')) mine.replaceChildren();
    for (const field of copy.querySelectorAll('input')) field.removeAttribute('aria-busy');
    copy.classList.remove('fresh');
    return copy.className + copy.innerHTML;
  };

  // put replaces a part; what was open in it stays open.
  const put = (old, now) => {
    const fresh = document.importNode(now, true);
    const was = [...old.querySelectorAll('details')], is = [...fresh.querySelectorAll('details')];
    if (was.length === is.length) was.forEach((d, i) => { if (!d.classList.contains('pop')) is[i].open ||= d.open; });
    const here = old.querySelector('.others-here'), place = fresh.querySelector('.others-here');
    if (here && place) place.replaceWith(here); // who is here is told by the stream alone
    old.replaceWith(fresh);
    return fresh;
  };

  // inUse reports a part in which somebody writes or chooses.
  const inUse = (el) => el.contains(document.activeElement) && document.activeElement.matches('input, textarea, select, details[open] *');

  const part = (id, page, force) => {
    const old = document.getElementById(id), now = page.querySelector('#' + id);
    if (!old || !now || bare(old) === bare(now) || (!force && inUse(old))) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.closest('[id]')?.id : '';
    put(old, now);
    if (focused && focused !== id) {
      const el = document.getElementById(focused);
      (el?.querySelector('summary') || el)?.focus({ preventScroll: true });
    }
  };

  // thread mends the history entry by entry, and returns those that are new.
  const thread = (page) => {
    const old = document.getElementById('thread'), now = page.querySelector('#thread');
    const known = new Map([...old.children].map((li) => [li.id, li]));
    const news = [];
    const next = [...now.children].map((li) => {
      const same = known.get(li.id);
      if (same && bare(same) === bare(li)) return same;
      if (same) return put(same, li);
      const made = document.importNode(li, true);
      if (li.id) news.push(made);
      return made;
    });
    if (next.length !== old.children.length || next.some((li, i) => li !== old.children[i])) old.replaceChildren(...next);
    return news;
  };

  const written = () => [...document.querySelectorAll('#reply, #note')].some((el) => el.value.trim() !== '');

  // recipients may have changed while somebody writes to them.
  const recipients = (page) => {
    const now = page.querySelector('#reply-form'), old = document.getElementById('reply-form');
    if (!now || !old) return;
    for (const of of ['.to', '.primary']) {
      const a = old.querySelector(of), b = now.querySelector(of);
      if (a.innerHTML !== b.innerHTML && !old.querySelector('.meanwhile')) a.innerHTML = b.innerHTML;
    }
    // What stands here while nothing is being written is known to who begins then.
    if (!written()) old.elements.expect.value = now.elements.expect.value;
  };

  // mend shows another look of the same request, and returns the new entries; null if
  // it is none.
  const mend = (main, { force = false, composer = false } = {}) => {
    const now = main?.querySelector('#ticket'), old = ticket();
    if (!now || !old || now.dataset.number !== old.dataset.number) return null;
    const news = thread(now);
    for (const id of ['ticket-head', 'ticket-notices', 'ticket-side']) part(id, now, force);
    old.dataset.last = now.dataset.last;
    const box = document.getElementById('answer'), fresh = now.querySelector('#answer');
    if (box && fresh && composer) box.replaceWith(document.importNode(fresh, true));
    else if (box && !fresh && !written()) box.remove();
    else if (!box && fresh) document.querySelector('.history').append(document.importNode(fresh, true));
    else recipients(now);
    document.dispatchEvent(new CustomEvent('postern:ticket', { detail: { news } }));
    return news;
  };

  const ask = async (url, options) => {
    const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store', headers: { 'Postern-Pane': 'main' }, ...options });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    return { ok: answer.ok, url: answer.url, title: page.title, main: page.querySelector('#main') };
  };

  let loading, again;
  const load = async () => {
    if (!ticket()) return null;
    if (loading) { again = true; return null; }
    loading = true;
    try {
      const at = ticket().dataset.path + location.search.replace(/([?&])done=[^&]*/, '$1');
      const answer = await ask(at);
      return answer.ok ? mend(answer.main) : null;
    } catch {
      return null; // the next tidings try again
    } finally {
      loading = false;
      if (again) { again = false; load(); }
    }
  };

  // said takes what a page tells out of it.
  const said = (main) => {
    const good = main.querySelector('#ticket-notices .notice.good');
    if (good && !good.querySelector('form')) { good.remove(); return good.textContent.trim(); }
    return '';
  };
  const wrong = (main) => (main.querySelector('#ticket-notices .notice.bad[role=alert], .error') || main.querySelector('h1'))?.textContent.trim().replace(/\s+/g, ' ') || '';

  const broken = 'The server did not answer. What you did was not saved: try again in a moment.';

  const send = async (url, body, { form, back } = {}) => {
    const composing = !!form?.closest('#answer');
    let answer;
    form?.setAttribute('aria-busy', 'true');
    try {
      answer = await ask(url, { method: 'POST', body });
    } catch {
      desk.say(broken, { bad: true });
      load();
      return;
    } finally {
      form?.removeAttribute('aria-busy');
      if (form) delete form.dataset.sent;
    }
    if (!answer.main?.querySelector('#ticket')) {
      if (answer.ok) location.assign(answer.url);
      else if (form) form.submit(); // the page that tells why keeps what was written
      else location.reload();
      return;
    }
    const done = said(answer.main);
    const own = new URL(answer.url).pathname === ticket()?.dataset.path || !answer.ok;
    if (!own) return location.assign(answer.url);
    const tab = document.querySelector('#answer > input:checked')?.id;
    const beside = composing ? (form.id === 'note-form' ? 'reply' : 'note') : '';
    const rest = document.getElementById(beside)?.value; // the other tab's, which was not sent
    const news = mend(answer.main, { force: true, composer: composing });
    const other = document.getElementById(beside);
    if (other && rest && !other.value) {
      other.value = rest;
      other.dispatchEvent(new Event('input', { bubbles: true }));
    }
    if (composing && answer.ok) {
      if (tab) document.getElementById(tab)?.click();
      news?.at(-1)?.scrollIntoView({ block: 'nearest' });
    }
    if (answer.ok && done) desk.say(done, back ? { undo: back } : {});
    else if (!answer.ok && !composing) desk.say(wrong(answer.main), { bad: true });
    else if (!answer.ok) document.querySelector('#answer [role=alert], #answer [aria-invalid]')?.scrollIntoView({ block: 'center' });
    document.dispatchEvent(new CustomEvent('postern:changed'));
  };

  // ahead shows a choice before the server has it: what comes back shows what is true.
  const ahead = (form, button) => {
    const chooser = form.closest('.chooser');
    if (!chooser || !button?.name) return;
    chooser.open = false;
    const words = chooser.querySelector('summary > span:not(.unseen)'), choice = button.querySelector('span');
    if (words && choice && chooser.dataset.label) { words.className = choice.className; words.textContent = choice.textContent.trim(); }
    chooser.querySelector('summary').focus({ preventScroll: true });
  };

  document.addEventListener('submit', (e) => {
    const form = e.target, button = e.submitter;
    if (e.defaultPrevented || form.method !== 'post' || !form.closest('#ticket') || button?.name === 'canned') return;
    if (!/^\/agent\/tickets\/\d+\/(reply|note|status|assign|team|priority|tags|subject|fields|snooze|spam|follow|unfollow|participants|entries\/\d+\/release|deliveries\/[^/]+\/retry)$/.test(new URL(form.action).pathname)) return;
    e.preventDefault();
    const data = new FormData(form, button);
    const had = form.querySelector('[aria-current]');
    const back = button?.name && had && had !== button
      ? () => send(form.action, new URLSearchParams({ [button.name]: had.value }))
      : null;
    ahead(form, button);
    send(form.action, form.enctype === 'multipart/form-data' ? data : new URLSearchParams(data), { form, back });
  });

  // Choosers: arrows go through them, and many choices can be filtered.
  const many = 8;
  const choices = (chooser) => [...chooser.querySelectorAll('.choices > ul > li:not([hidden]) button, .choices > ul > li:not([hidden]) > a')];
  const filter = (chooser) => {
    const list = chooser.querySelector('.choices > ul');
    if (!list || list.children.length <= many || chooser.querySelector('.filter')) return;
    const input = document.createElement('input');
    input.className = 'input filter';
    input.type = 'search';
    input.placeholder = 'Filter';
    input.setAttribute('aria-label', 'Filter ' + (chooser.dataset.label || 'the list'));
    input.addEventListener('input', () => {
      const words = input.value.trim().toLowerCase();
      for (const li of list.children) li.hidden = words !== '' && !li.textContent.toLowerCase().includes(words);
    });
    list.before(input);
  };
  document.addEventListener('toggle', (e) => {
    const chooser = e.target;
    if (!chooser.matches?.('.chooser') || !chooser.open) return;
    filter(chooser);
    const first = chooser.querySelector('.filter, .choices .field .input:not([type=datetime-local])') || chooser.querySelector('[aria-current]') || choices(chooser)[0];
    first?.focus({ preventScroll: true });
    if (first?.select) first.select();
  }, true);
  document.addEventListener('keydown', (e) => {
    const chooser = e.target.closest?.('.chooser[open]');
    if (!chooser || !['ArrowDown', 'ArrowUp', 'Enter'].includes(e.key)) return;
    const all = choices(chooser), at = all.indexOf(e.target);
    if (e.key === 'Enter') {
      if (!e.target.matches('.filter')) return;
      e.preventDefault();
      all[0]?.click();
      return;
    }
    if (!all.length || e.target.matches('.field .input')) return;
    e.preventDefault();
    all[(at + (e.key === 'ArrowDown' ? 1 : all.length - 1) + (at < 0 && e.key === 'ArrowUp' ? 1 : 0)) % all.length]?.focus();
  });

  // Keys, while nothing is ticked in the list beside.
  const key = (combo, label, fn) => desk.key(combo, label, () => (!ticket() || document.querySelector('#list .row input:checked') ? false : fn()));
  const write = (tab, field) => () => {
    const radio = document.getElementById(tab), text = document.getElementById(field);
    if (!radio || !text) return false;
    radio.checked = true;
    text.focus();
    text.scrollIntoView({ block: 'nearest' });
    radio.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
  };
  key('r', 'Reply', write('as-reply', 'reply'));
  key('n', 'Write a note', write('as-note', 'note'));
  for (const [combo, label] of [['a', 'Assign'], ['s', 'Set the status'], ['t', 'Set the tags']]) {
    key(combo, label, () => {
      const chooser = document.querySelector(`.chooser[data-key="${combo}"]`);
      if (!chooser) return false;
      chooser.open = true;
      return true;
    });
  }

  // Where to begin to read: at the newest message, with what is to be written below it.
  const begin = () => {
    if (!ticket() || location.hash || document.querySelector('#ticket [role=alert], #ticket [autofocus]')) return;
    const last = [...document.querySelectorAll('#thread > .entry:not(.event)')].at(-1);
    if (last && last.getBoundingClientRect().top > innerHeight * 0.6) last.scrollIntoView({ block: 'center' });
  };
  document.addEventListener('postern:page', begin);
  begin();

  desk.ticket = { load, mend, written };
})();
