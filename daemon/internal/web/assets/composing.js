// What is being written in a request: it is kept while it is typed, canned replies go
// into it, and agents are named in notes.
(() => {
  'use strict';
  const desk = window.postern;
  if (!desk) return;

  // Kept: some time after the last letter, and at once when the page is left. One is on
  // its way at a time, so that a later one never comes before an earlier.
  const pause = 900;
  const told = { kept: 'Draft kept', keeping: 'Keeping…', lost: 'Not kept: the server did not answer' };
  let dirty, timer, busy;

  const tell = (form, words) => { const place = form.querySelector('.kept'); if (place && place.textContent !== words) place.textContent = words; };
  const rev = (form, value) => {
    const forms = form.closest('#answer')?.querySelectorAll('form') || [form];
    for (const one of forms) one.elements['kept-rev'].value = value;
  };

  const keep = async (leaving = false) => {
    clearTimeout(timer);
    const form = dirty;
    if (!form || (busy && !leaving)) return;
    dirty = undefined;
    busy = true;
    const e = form.elements;
    const body = new URLSearchParams({ kind: form.id === 'note-form' ? 'note' : 'reply', text: e.text.value, status: e.status?.value || '', nonce: e.nonce.value, 'kept-rev': e['kept-rev'].value });
    const at = new URL(form.action).pathname.replace(/\/[a-z]+$/, '/writing');
    if (leaving) {
      fetch(at, { method: 'POST', body, keepalive: true, credentials: 'same-origin' }).catch(() => {});
      busy = false;
      return;
    }
    const answer = await desk.post(at, body);
    busy = false;
    if (answer.ok) {
      rev(form, answer.data?.rev || 0);
      tell(form, answer.data?.rev ? told.kept : '');
    } else {
      tell(form, answer.status === 0 ? told.lost : answer.why);
      if (answer.status === 0 && !dirty && form.isConnected) { dirty = form; timer = setTimeout(keep, 10 * pause); }
    }
    if (dirty) timer = setTimeout(keep, pause);
  };

  document.addEventListener('input', (e) => {
    const form = e.target.form;
    if (!form?.closest('#answer') || !e.target.matches('textarea, select')) return;
    if (e.target.matches('select') && !form.elements.text.value) return;
    dirty = form;
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  });
  const leave = () => { if (dirty) keep(true); };
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => { if (document.hidden) leave(); });
  document.addEventListener('postern:page', leave);
  // What is sent is not kept any more.
  document.addEventListener('submit', (e) => { if (e.target === dirty) { clearTimeout(timer); dirty = undefined; } });

  // A tab leads to its field.
  document.addEventListener('change', (e) => {
    if (e.target.name !== 'composer' || !e.isTrusted) return;
    document.getElementById(e.target.id === 'as-note' ? 'note' : 'reply')?.focus({ preventScroll: true });
  });

  const insert = (field, text, from = field.selectionStart) => {
    field.focus();
    field.setRangeText(text, from, field.selectionEnd, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };

  // A canned reply goes where the cursor stands.
  document.addEventListener('click', async (e) => {
    const button = e.target.closest?.('.canned button[name=canned]');
    if (!button) return;
    e.preventDefault();
    const menu = button.closest('.canned'), field = document.getElementById('reply');
    try {
      const answer = await fetch(menu.dataset.canned + encodeURIComponent(button.value), { credentials: 'same-origin', cache: 'no-store' });
      if (!answer.ok) throw new Error(String(answer.status));
      menu.open = false;
      insert(field, await answer.text());
    } catch {
      desk.say('The canned reply could not be fetched. Try again in a moment.', { bad: true });
    }
  });

  // Names after an @ in a note.
  const plain = (s) => s.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const most = 6;
  let menu, at, chosen;
  const close = () => {
    menu?.remove();
    menu = undefined;
    const field = document.getElementById('note');
    for (const a of ['aria-activedescendant', 'aria-controls', 'aria-expanded']) field?.removeAttribute(a);
  };
  const choose = (i) => {
    const all = [...menu.children];
    chosen = (i + all.length) % all.length;
    all.forEach((li, j) => li.setAttribute('aria-selected', String(j === chosen)));
    document.getElementById('note').setAttribute('aria-activedescendant', all[chosen].id);
  };
  const take = (name) => {
    insert(document.getElementById('note'), '@' + name + ' ', at);
    close();
  };
  const offer = (field) => {
    const before = field.value.slice(0, field.selectionStart);
    const found = before.match(/(^|[\s([{,;:])@([^\s@]{0,40})$/u);
    const names = found ? [...document.querySelectorAll('#agents option')].map((o) => o.value)
      .filter((n) => plain(n).split(/\s+/).some((w) => w.startsWith(plain(found[2]))) || plain(n).startsWith(plain(found[2]))).slice(0, most) : [];
    close();
    if (!names.length) return;
    at = before.length - found[2].length - 1;
    menu = document.createElement('ul');
    menu.id = 'mentions';
    menu.className = 'mentions';
    menu.setAttribute('role', 'listbox');
    menu.setAttribute('aria-label', 'Agents');
    menu.append(...names.map((name, i) => {
      const li = document.createElement('li');
      li.id = 'mention-' + i;
      li.setAttribute('role', 'option');
      li.textContent = name;
      li.addEventListener('mousedown', (e) => { e.preventDefault(); take(name); });
      return li;
    }));
    field.after(menu);
    field.setAttribute('aria-controls', 'mentions');
    choose(0);
  };
  document.addEventListener('input', (e) => { if (e.target.id === 'note') offer(e.target); });
  document.addEventListener('focusout', (e) => { if (e.target.id === 'note') close(); });
  document.addEventListener('keydown', (e) => {
    if (!menu || e.target.id !== 'note') return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (steps[e.key]) choose(chosen + steps[e.key]);
    else if ((e.key === 'Enter' && !e.ctrlKey && !e.metaKey) || e.key === 'Tab') take(menu.children[chosen].textContent);
    else if (e.key === 'Escape') close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }, true);

  // Times to snooze until, in the zone of who chooses; the server reckons the same.
  const zones = () => {
    const form = document.querySelector('#pick-snooze form');
    if (!form) return;
    const now = new Date();
    form.elements.zone.value = -now.getTimezoneOffset();
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    form.querySelector('#snooze-zone').textContent = timeZone && timeZone !== 'UTC' ? `In your time, ${timeZone.replaceAll('_', ' ')}` : 'In UTC';
    const day = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
    const quarter = 9e5;
    const times = { later: new Date(Math.floor((now.getTime() + 108e5) / quarter) * quarter), tomorrow: day(1), week: day(((7 - now.getDay()) % 7) + 1) };
    const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
    const dayClock = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
    for (const small of form.querySelectorAll('[data-until]')) {
      const time = times[small.dataset.until];
      small.textContent = (time.getDate() === now.getDate() ? clock : dayClock).format(time);
    }
    // Clocks may be changed until then.
    form.onsubmit = (e) => {
      const until = e.submitter && e.submitter.value;
      const time = until === 'date' ? new Date(form.elements.date.value) : times[until];
      if (time && !Number.isNaN(time.getTime())) form.elements.zone.value = -time.getTimezoneOffset();
    };
  };
  document.addEventListener('toggle', (e) => { if (e.target.id === 'pick-snooze') zones(); }, true);
})();
