// All commands in one place (Ctrl+K), and all keys (?).
(() => {
  'use strict';
  if (!document.getElementById('shell') || !window.HTMLDialogElement) return;
  const spell = (combo) => combo.split(' ').map((k) => k.replace('shift+', 'Shift ').replace('ctrl+', 'Ctrl ').replace(/^[a-z]$/, (c) => c)).join(' then ');

  // Commands: keys, places of the rail, and what a page marks with data-command.
  const commands = (typed) => {
    const all = [];
    const add = (label, run, key) => { if (!all.some((c) => c.label === label)) all.push({ label, run, key }); };
    const number = typed.match(/^#?(\d{1,12})$/);
    if (number) add(`Open request #${number[1]}`, () => postern.go('/agent/tickets/' + number[1]));
    for (const el of document.querySelectorAll('#main [data-command]')) {
      add(el.dataset.command, () => (el.matches('input, select, textarea') ? el.focus() : el.click()), el.dataset.key);
    }
    for (const k of [...postern.keys].reverse()) add(k.label, () => k.fn(), k.combo);
    for (const link of document.querySelectorAll('#places a')) add('Go to ' + (link.querySelector('bdi') || link).textContent.trim(), () => { location.href = link.href; });
    if (typed && document.querySelector('a[href="/agent/search"]')) add(`Search for “${typed}”`, () => { location.href = '/agent/search?q=' + encodeURIComponent(typed); });
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter((c, i) => (number && i === 0) || c.label.startsWith('Search for “') || words.every((w) => c.label.toLowerCase().includes(w)));
  };

  let dialog, input, options, found = [], chosen = 0;
  const draw = () => {
    found = commands(input.value.trim()).slice(0, 50);
    chosen = Math.min(chosen, Math.max(found.length - 1, 0));
    options.replaceChildren(...found.map((c, i) => {
      const li = document.createElement('li');
      li.id = 'command-' + i;
      li.setAttribute('role', 'option');
      li.setAttribute('aria-selected', String(i === chosen));
      li.append(c.label);
      if (c.key) { const k = document.createElement('kbd'); k.textContent = spell(c.key); li.append(k); }
      li.addEventListener('click', () => run(i));
      return li;
    }));
    options.hidden = !found.length;
    dialog.querySelector('.muted').hidden = found.length > 0;
    if (found.length) input.setAttribute('aria-activedescendant', 'command-' + chosen);
    else input.removeAttribute('aria-activedescendant');
    options.children[chosen]?.scrollIntoView({ block: 'nearest' });
  };
  const run = (i) => {
    const command = found[i];
    dialog.close();
    if (command) setTimeout(command.run);
  };
  const build = () => {
    dialog = document.createElement('dialog');
    dialog.className = 'palette';
    dialog.setAttribute('aria-label', 'Commands');
    dialog.innerHTML = '<input class="input" role="combobox" aria-expanded="true" aria-controls="commands" aria-label="What do you want to do?" placeholder="What do you want to do? A number opens a request" autocomplete="off" spellcheck="false"><ul id="commands" role="listbox" aria-label="Commands"></ul><p class="muted" hidden>There is no such command.</p>';
    document.body.append(dialog);
    input = dialog.querySelector('input');
    options = dialog.querySelector('ul');
    input.addEventListener('input', () => { chosen = 0; draw(); });
    dialog.addEventListener('keydown', (e) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (by && found.length) { chosen = (chosen + by + found.length) % found.length; draw(); e.preventDefault(); }
      if (e.key === 'Enter') { e.preventDefault(); run(chosen); }
    });
    dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  };
  postern.key('ctrl+k', 'All commands', () => {
    if (!dialog) build();
    if (dialog.open) return dialog.close();
    if (document.querySelector('dialog[open]')) return false;
    input.value = '';
    chosen = 0;
    draw();
    dialog.showModal();
  });

  postern.key('?', 'All keys', () => {
    const help = document.createElement('dialog');
    help.className = 'keys';
    help.setAttribute('aria-labelledby', 'keys-title');
    help.innerHTML = '<h2 id="keys-title">Keys</h2><dl></dl><form method="dialog"><button class="button">Close</button></form>';
    const seen = new Set();
    for (const k of postern.keys) {
      if (seen.has(k.combo + k.label)) continue;
      seen.add(k.combo + k.label);
      const line = document.createElement('div');
      const dt = document.createElement('dt'), dd = document.createElement('dd'), kbd = document.createElement('kbd');
      dt.textContent = k.label;
      kbd.textContent = spell(k.combo);
      dd.append(kbd);
      line.append(dt, dd);
      help.querySelector('dl').append(line);
    }
    help.addEventListener('close', () => help.remove());
    help.addEventListener('click', (e) => { if (e.target === help) help.close(); });
    document.body.append(help);
    help.showModal();
  });
})();
