// Contacts whom agents know are offered while an address is typed. Without scripts the
// page of a contact leads here.
(() => {
  'use strict';
  const least = 2, pause = 200;
  let timer, asked = '';

  const offer = async (field) => {
    const words = field.value.trim();
    if (words.length < least || words === asked || [...field.list.options].some((o) => o.value === words)) return;
    asked = words;
    const answer = await fetch(`/agent/contacts?q=${encodeURIComponent(words)}`, { headers: { Accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store' }).catch(() => null);
    if (!answer?.ok || !answer.headers.get('Content-Type')?.includes('json') || field.value.trim() !== words) return;
    field.list.replaceChildren(...(await answer.json()).map((c) => {
      const option = document.createElement('option');
      option.value = c.address;
      option.label = c.name ? `${c.name}, ${c.address}` : c.address;
      option.dataset.name = c.name || '';
      return option;
    }));
  };

  // Who was chosen has a name already; one that was typed stays.
  const choose = (field) => {
    const name = field.form?.elements.name, chosen = [...field.list.options].find((o) => o.value === field.value);
    if (!name || !chosen || (name.value && name.value !== name.dataset.offered)) return;
    name.value = name.dataset.offered = chosen.dataset.name;
  };

  document.addEventListener('input', (e) => {
    const field = e.target;
    if (!field.list?.matches('.known-contacts')) return;
    choose(field);
    clearTimeout(timer);
    timer = setTimeout(() => offer(field), pause);
  });
})();
