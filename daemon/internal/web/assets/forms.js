// Questions that hang on the answers before them: the server is asked what they
// lead to, and the page shows it. Comfort only: without it, the server asks for
// what is left when the form is sent.
(() => {
  'use strict';
  const wait = 150; // ms: not for every letter

  // answers are what the form holds so far; of files, their names.
  const answers = (form) => {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (!name.startsWith('field.')) continue;
      if (typeof value === 'string') body.append(name, value);
      else if (value.name) body.append(name, value.name);
    }
    for (const kept of form.querySelectorAll('[name=kept]:checked')) {
      const field = kept.closest('[data-field]');
      if (field) body.append('field.' + field.dataset.field, kept.dataset.name);
    }
    return body;
  };

  // show applies the states, and tells who can't see it that something changed.
  const show = (form, states) => {
    let changed = false;
    for (const state of states) {
      const field = form.querySelector('[data-field="' + CSS.escape(state.name) + '"]');
      if (!field) continue;
      if (field.hidden === state.visible) {
        field.hidden = !state.visible;
        changed = true;
      }
      const optional = field.querySelector('.optional');
      if (optional) optional.hidden = state.required;
    }
    form.elements.shown.value = states.filter((s) => s.visible).map((s) => s.name).join(',');
    if (!changed) return;
    const status = form.querySelector('[data-changed]');
    status.textContent = ''; // the same words twice are read out once
    setTimeout(() => { status.textContent = status.dataset.changed; }, 50);
  };

  const asking = new WeakMap(); // form → what is under way

  const ask = async (form) => {
    asking.get(form)?.abort();
    const mine = new AbortController();
    asking.set(form, mine);
    try {
      const response = await fetch(form.dataset.state, { method: 'POST', body: answers(form), signal: mine.signal });
      if (response.ok) show(form, (await response.json()).fields);
    } catch { /* the server asks for what is missing when the form is sent */ }
  };

  const timers = new WeakMap();
  const later = (e) => {
    const form = e.target.form;
    if (!form?.dataset.state || !e.target.closest('[data-asked]')) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => ask(form), wait));
  };
  document.addEventListener('input', later);
  document.addEventListener('change', later);
  document.addEventListener('picked', later); // files that were dropped, or taken out again

  // A browser that brings back what was typed does not bring back what it led to.
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-state]')) ask(form);
  });
})();
