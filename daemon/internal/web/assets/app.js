// Comfort only: every page works without it.
(() => {
  'use strict';
  const lang = document.documentElement.lang || 'en';
  const words = new Intl.RelativeTimeFormat(lang);
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeStyle: 'short' });
  const short = [['d', 864e5], ['h', 36e5], ['min', 6e4]]; // as the server writes them in lists
  const units = [['day', 864e5], ['hour', 36e5], ['minute', 6e4]];

  // Times age while a page is open, and their titles tell the reader's own zone.
  const age = () => {
    for (const el of document.querySelectorAll('time[datetime]')) {
      const at = new Date(el.dateTime);
      if (isNaN(at)) continue;
      el.title = exact.format(at);
      const passed = at - Date.now();
      if (Math.abs(passed) >= 7 * 864e5) continue;
      if (el.classList.contains('brief')) {
        const [unit, ms] = short.find(([, ms]) => -passed >= ms) || ['now', 0];
        el.textContent = ms ? `${Math.trunc(-passed / ms)} ${unit}` : unit;
        continue;
      }
      const unit = units.find(([, ms]) => Math.abs(passed) >= ms);
      if (unit) el.textContent = words.format(Math.trunc(passed / unit[1]), unit[0]);
    }
  };
  age();
  setInterval(age, 6e4);
  document.addEventListener('postern:page', age); // a pane was loaded

  // Cookies that are for https alone are dropped without a word.
  if (!isSecureContext) for (const el of document.querySelectorAll('[data-in-clear]')) el.hidden = false;

  // A menu closes when the reader turns to something else.
  const closeMenus = (except) => {
    for (const el of document.querySelectorAll('details.account[open]')) if (!el.contains(except)) el.open = false;
  };
  document.addEventListener('click', (e) => closeMenus(e.target));
  document.addEventListener('focusin', (e) => closeMenus(e.target));
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    const open = document.querySelector('details.account[open]');
    closeMenus();
    open?.querySelector('summary').focus();
  });

  // Ctrl+Enter (or Command+Enter) sends what is being written.
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && e.target.form) {
      e.preventDefault();
      e.target.form.requestSubmit();
    }
  });

  // A second click does not send twice; coming back to the page frees the button.
  document.addEventListener('submit', (e) => {
    if (e.defaultPrevented) return;
    const form = e.target;
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = 'yes';
  });
  addEventListener('pageshow', () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // What is only one more step is taken at once.
  document.querySelector('form[data-press]')?.requestSubmit();
})();
