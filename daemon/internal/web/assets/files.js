// Files of a form: drop them on it, take one out again, see how far they are.
// Comfort only: without it, a form with files is sent as any other.
(() => {
  'use strict';
  const chosen = new WeakMap(); // input → its files, as choosing again would replace them

  const make = (tag, className, text) => {
    const el = document.createElement(tag);
    if (className) el.className = className;
    if (text) el.textContent = text;
    return el;
  };
  const size = (n) => {
    if (n < 1e3) return n + ' bytes';
    if (n < 1e6) return Math.round(n / 1e3) + ' kB';
    return (n / 1e6).toFixed(1).replace(/\.0$/, '') + ' MB';
  };
  // A form may have several inputs for files. What is dropped beside them goes to
  // the first that is shown.
  const shown = (form) => [...form.querySelectorAll('.attach')].filter((el) => !el.hidden);
  const fieldOf = (el) => {
    if (!el.closest) return null;
    const own = el.closest('.attach');
    if (own) return own;
    const form = el.closest('form');
    return (form && shown(form)[0]) || null;
  };
  const inputOf = (field) => field.querySelector('input[type=file]');

  // say is what stands in the page in its language, else in English.
  const say = (el, name, english, ...args) => {
    let text = el.dataset[name] || english;
    for (const arg of args) text = text.replace('%s', arg);
    return text;
  };

  // trouble is what the server would say of a file, before it is sent.
  const trouble = (field, file) => {
    const most = Number(field.dataset.most);
    const ending = file.name.includes('.') ? file.name.split('.').pop().toLowerCase() : '';
    if (most && file.size > most) return say(field, 'large', 'too large') + ' (' + Math.floor(most / 2 ** 20) + ' MiB)';
    if (ending && (field.dataset.refused || '').split(' ').includes(ending)) {
      return say(field, 'blocked', 'files of this kind are blocked here') + ' (.' + ending + ')';
    }
    return '';
  };

  // room is how many files may still be chosen.
  const room = (field) => {
    const most = Number(field.dataset.count) || Infinity;
    return most - field.querySelectorAll('[name=kept]:checked').length;
  };

  // show lists the files, and gives those that can be sent to the input.
  const show = (field) => {
    const input = inputOf(field);
    const files = chosen.get(input) || [];
    const list = field.querySelector('.picked') || input.after(make('ul', 'files picked')) || field.querySelector('.picked');
    const sent = new DataTransfer();
    list.replaceChildren(...files.map((file, i) => {
      const row = make('li', 'file');
      const wrong = trouble(field, file) || (sent.items.length >= room(field) ? say(field, 'many', 'one file too many') : '');
      if (!wrong) sent.items.add(file);
      row.append(make('b', '', file.name), wrong ? make('span', 'wrong', wrong) : make('span', '', size(file.size)));
      const out = make('button', 'plain', say(field, 'remove', 'Remove'));
      out.type = 'button';
      out.setAttribute('aria-label', say(field, 'remove', 'Remove') + ': ' + file.name);
      out.addEventListener('click', () => {
        chosen.set(input, files.filter((_, j) => j !== i));
        show(field);
        input.focus();
      });
      row.append(out);
      return row;
    }));
    input.files = sent.files;
    input.setCustomValidity(files.length > sent.files.length ? say(field, 'unfit', 'Take out the files that can’t be sent.') : '');
    input.dispatchEvent(new Event('picked', { bubbles: true }));
  };
  const add = (field, files) => {
    const input = inputOf(field);
    chosen.set(input, [...(chosen.get(input) || []), ...files]);
    show(field);
  };

  document.addEventListener('change', (e) => {
    if (e.target.type !== 'file') return;
    const field = fieldOf(e.target);
    if (field) add(field, e.target.files);
  });

  const over = (e) => (e.dataTransfer?.types.includes('Files') ? fieldOf(e.target) : null);
  const mark = (field) => {
    for (const el of document.querySelectorAll('.attach')) el.classList.toggle('over', el === field);
  };
  document.addEventListener('dragover', (e) => {
    const field = over(e);
    mark(field);
    if (field) e.preventDefault();
  });
  document.addEventListener('dragleave', (e) => { if (!e.relatedTarget) mark(null); });
  document.addEventListener('drop', (e) => {
    const field = over(e);
    mark(null);
    if (!field) return;
    e.preventDefault();
    add(field, e.dataTransfer.files);
  });

  // progress is a bar with numbers under the buttons of a form.
  const progress = (form, field) => {
    const box = form.querySelector('.uploading') || form.appendChild(make('div', 'uploading'));
    const bar = make('progress');
    const words = make('p', 'help');
    bar.setAttribute('aria-label', say(field, 'upload', 'Upload'));
    words.setAttribute('role', 'status');
    box.replaceChildren(bar, words);
    return (done, all) => {
      bar.max = all;
      bar.value = done;
      words.textContent = done < all ? say(field, 'sending', 'Sending: %s of %s', size(done), size(all)) : say(field, 'saving', 'Sent. It is being saved.');
    };
  };

  // failed says so where the bar was; what was written and chosen is still there.
  const failed = (form, field) => {
    delete form.dataset.sent;
    const note = make('p', 'error', say(field, 'broken', 'The connection broke off. Nothing was saved; what you wrote and chose is still here. Send it again.'));
    note.setAttribute('role', 'alert');
    form.querySelector('.uploading').replaceChildren(note);
  };

  // hint says what only this script can do.
  const hint = () => {
    for (const field of document.querySelectorAll('.attach')) {
      const words = say(field, 'drop', 'Choose files or drop them here.');
      const help = field.querySelector(':scope > .help');
      if (help) help.prepend(words + ' ');
      else field.append(make('p', 'help', words));
    }
  };
  hint();

  // arrived goes where the server leads, or shows the page that it answered.
  const arrived = (xhr, form) => {
    if (xhr.status < 400 && xhr.responseURL !== form.action) return location.assign(xhr.responseURL);
    const page = new DOMParser().parseFromString(xhr.responseText, 'text/html');
    document.title = page.title;
    document.body.replaceWith(page.body);
    hint();
    dispatchEvent(new Event('pageshow')); // for what else looks at forms
    const first = document.querySelector('[aria-invalid]') || document.querySelector('[autofocus], [role=alert], .done h1');
    first?.focus();
    document.querySelector('.error, [role=alert], .done')?.scrollIntoView({ block: 'center' });
  };

  document.addEventListener('submit', (e) => {
    const form = e.target;
    const field = [...form.querySelectorAll('.attach')].find((el) => inputOf(el).files.length > 0);
    if (e.defaultPrevented || !field) return;
    const unfit = [...form.querySelectorAll('.attach input[type=file]')].find((el) => el.validationMessage && el.closest('[hidden]') === null);
    e.preventDefault();
    if (unfit) {
      delete form.dataset.sent;
      unfit.reportValidity();
      return;
    }
    const told = progress(form, field);
    const xhr = new XMLHttpRequest();
    xhr.upload.addEventListener('progress', (p) => told(p.loaded, p.total));
    xhr.addEventListener('load', () => arrived(xhr, form));
    xhr.addEventListener('error', () => failed(form, field));
    xhr.open('POST', form.action);
    xhr.send(new FormData(form, e.submitter));
  });
})();
