// What others see of who looks at a request, and the other way round: that it was
// read, who else is in front of it, who is writing, and what has come in.
(() => {
  'use strict';
  const desk = window.postern;
  if (!desk) return;
  const every = 15e3; // half of how long somebody counts as there
  const typingFor = 8e3;
  const kinds = { reply: 'message', note: 'note' };

  let ticket, typing = '', typed = 0, timer, look;
  const at = (act, number = ticket) => `/agent/tickets/${number}/${act}`;
  const send = (url, data) => fetch(url, { method: 'POST', body: new URLSearchParams(data), credentials: 'same-origin', keepalive: true }).catch(() => {});

  const here = () => {
    clearTimeout(timer);
    if (!ticket || document.hidden) return;
    if (Date.now() - typed > typingFor) typing = '';
    send(at('presence'), { typing });
    timer = setTimeout(here, typing ? typingFor + 500 : every);
  };
  const gone = () => {
    clearTimeout(timer);
    if (ticket) send(at('presence'), { leave: 'yes' });
    typing = '';
  };

  let seen = '';
  const read = () => {
    const page = document.getElementById('ticket'), mark = `${ticket}/${page?.dataset.last}`;
    if (!page || !ticket || document.hidden || seen === mark) return;
    seen = mark;
    send(at('seen'), { entry: page.dataset.last });
    document.querySelector(`#list .row.unread[data-number="${ticket}"]`)?.classList.remove('unread');
  };

  const doing = { message: ' is writing a reply', note: ' is writing a note' };
  let present = [];
  const show = () => {
    for (const place of document.querySelectorAll('#ticket .others-here')) {
      const words = present.map(({ name, typing: kind }) => name + (doing[kind] || ' is here'));
      if (words.join() === [...place.children].map((one) => one.textContent).join()) continue;
      place.replaceChildren(...present.map(({ typing: kind }, i) => {
        const one = document.createElement('span');
        one.textContent = words[i];
        one.className = kind ? 'typing' : '';
        return one;
      }));
    }
  };

  const begin = () => {
    const page = document.getElementById('ticket'), number = page?.dataset.number;
    if (number !== ticket) {
      gone();
      present = [];
      ticket = number;
      look = page?.dataset.look;
      here();
    }
    read();
  };
  document.addEventListener('postern:page', begin);
  document.addEventListener('postern:ticket', () => { read(); show(); });
  document.addEventListener('postern:event', ({ detail: { name, data } }) => {
    if (name === 'presence') { present = data || []; show(); }
    if (name !== 'ticket' || String(data.number) !== ticket || data.look === look) return;
    look = data.look;
    if (look === 'gone') desk.say('This request is not yours to see any more.', { bad: true });
    else desk.ticket?.load();
  });
  document.addEventListener('input', (e) => {
    const kind = kinds[e.target.id];
    if (!kind || !ticket) return;
    const news = typing !== kind;
    typing = e.target.value.trim() ? kind : '';
    typed = Date.now();
    if (news) here();
  });
  document.addEventListener('visibilitychange', () => { if (document.hidden) gone(); else { here(); read(); } });
  addEventListener('pagehide', gone);
  addEventListener('pageshow', (e) => { if (e.persisted) here(); });
  begin();
})();
