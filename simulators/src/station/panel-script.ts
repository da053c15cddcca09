/** What the control page does; it finds its words in `LANGUAGES`. */
export const panelScript = (): string => SCRIPT;

const SCRIPT = `const $ = (id) => document.getElementById(id);
let chosen = null;
let language = new URLSearchParams(location.search).get('lang') || (navigator.language.startsWith('zh') ? 'zh' : 'en');
if (!Object.hasOwn(LANGUAGES, language)) language = 'en';
const word = (key) => LANGUAGES[language].words[key];
const term = (text) => LANGUAGES[language].terms[text] || text;

/** What stands on the page before anything is shown. */
function speak() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const one of document.querySelectorAll('[data-word]')) one.textContent = word(one.dataset.word);
  for (const one of document.querySelectorAll('[data-label]')) {
    one.setAttribute('aria-label', word(one.dataset.label));
    if (one.tagName === 'INPUT') one.placeholder = word(one.dataset.label);
  }
  $('language').textContent = word('other');
  $('note').textContent = '';
}

async function call(path, body) {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  const answer = await response.json();
  $('note').textContent = answer.ok ? '' : word('notDone') + ' ' + term(answer.reason || answer.error);
  await show();
}
const happened = (what) => what.startsWith('fault ') ? term('fault') + ' ' + what.slice(6) : term(what);
function element(tag, text, children = []) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}
function button(label, path, body) {
  const made = element('button', label);
  made.type = 'button';
  made.dataset.key = path + JSON.stringify(body);
  made.onclick = () => call(path, body);
  return made;
}
function packLines(pack) {
  const bar = element('div'); bar.className = 'bar';
  const fill = element('i'); fill.style.width = pack.socPct + '%'; bar.append(fill);
  const text = pack.socPct.toFixed(1) + ' %  ' + (pack.voltageMv / 1000).toFixed(2) + ' V  ' +
    (pack.currentMa / 1000).toFixed(1) + ' A  ' + (pack.temperatureDeciC / 10).toFixed(1) + ' °C';
  const alarm = element('small', [...pack.protections, ...pack.faults].map(term).join(', ')); alarm.className = 'alarm';
  return [element('strong', pack.serial + ' '), element('small', word('class') + ' ' + pack.packClass), bar, element('small', text), element('br'), alarm];
}
function slotCard(slot) {
  const card = element('section');
  card.className = 'slot' + (slot.doorOpen ? ' open' : slot.latched ? '' : ' free');
  const door = slot.doorOpen ? 'open' : slot.latched ? 'locked' : 'released';
  card.append(element('header', '', [element('span', word('slot') + ' ' + slot.slot), element('span', term(door) + (slot.jammed ? ' · ' + term('JAMMED') : ''))]));
  card.append(element('small', slot.interface + (slot.address === null ? '' : ' ' + word('address') + ' ' + slot.address) + ' · ' + word('class') + ' ' + slot.packClass + ' · ' + word('led') + ' ' + term(slot.led)), element('br'));
  card.append(...(slot.pack ? packLines(slot.pack) : [element('em', word('empty'))]));
  const sensed = slot.sensors;
  const told = element('small', word('sensors') + ' ' + word('door') + ' ' + term(sensed.door) + ', ' + word('lock') + ' ' + term(sensed.lock) +
    ', ' + word('pack') + ' ' + term(sensed.pack) + ' · ' + word('charger') + ' ' + term(slot.charger.state) + ' ' + (slot.charger.outputMa / 1000).toFixed(1) + '/' + (slot.charger.limitMa / 1000).toFixed(1) + ' A');
  told.className = 'sensed';
  card.append(told);
  const body = { slot: slot.slot };
  const row = element('div'); row.className = 'row';
  row.append(slot.doorOpen ? button(word('closeDoor'), '/actions/close-door', body) : button(word('openDoor'), '/actions/open-door', body));
  if (slot.pack) row.append(button(word('takePack'), '/actions/remove-pack', body));
  else row.append(button(word('insertChosen'), '/actions/insert-pack', { slot: slot.slot, serial: chosen || '' }));
  row.append(button(slot.jammed ? word('freeLock') : word('jamLock'), '/faults/jam-lock', { slot: slot.slot, on: !slot.jammed }));
  if (slot.pack) {
    const silent = slot.pack.faults.includes('silent');
    row.append(button(silent ? word('unmute') : word('mute'), '/faults/silence', { serial: slot.pack.serial, on: !silent }));
  }
  card.append(row);
  return card;
}
function outsideCard(pack) {
  const card = element('section'); card.className = 'slot' + (pack.serial === chosen ? ' free' : '');
  card.append(...packLines(pack));
  const pick = element('button', pack.serial === chosen ? word('chosen') : word('choose'));
  pick.dataset.key = 'choose ' + pack.serial;
  pick.onclick = () => { chosen = pack.serial; show(); };
  const row = element('div', '', [pick, button(word('ride'), '/actions/ride', { serial: pack.serial, untilSocPct: 15 })]);
  row.className = 'row';
  card.append(row);
  return card;
}
async function show() {
  const focused = document.activeElement && document.activeElement.dataset.key;
  const state = await (await fetch('/state')).json();
  if (!state.outside.some((pack) => pack.serial === chosen)) chosen = state.outside[0] ? state.outside[0].serial : null;
  $('title').textContent = document.title = word('title') + ' ' + state.device;
  $('summary').textContent = word('mains') + ' ' + term(state.mains ? 'on' : 'OFF') + ' · ' + state.siteW + ' W · ' + state.meterWh + ' Wh · ' + word('controller') + ' ' +
    term(state.controller.running ? 'running' : 'DOWN') + ', ' + word('start') + ' ' + state.controller.boot + ' · ' + word('speed') + ' ' + state.speed +
    ' · ' + word('connected') + ' ' + (state.bluetooth.connected.length || word('none'));
  $('cabinet').replaceChildren(...state.slots.map(slotCard));
  $('outside').replaceChildren(...state.outside.map(outsideCard));
  const cables = Object.entries(state.ports).map(([name, port]) =>
    button(word(port.plugged ? 'unplug' : 'replug') + ' ' + name, port.plugged ? '/faults/unplug' : '/faults/replug', { port: name }));
  cables.push(button(state.mains ? word('cutMains') : word('restoreMains'), '/faults/mains', { on: !state.mains }));
  if (state.network) cables.push(button(state.network === 'up' ? word('cutNetwork') : word('restoreNetwork'), '/faults/network', { on: state.network !== 'up' }));
  cables.push(button(state.bluetooth.powered ? word('bluetoothOff') : word('bluetoothOn'), '/faults/ble-power', { on: !state.bluetooth.powered }));
  cables.push(button(word('restartController'), '/faults/controller-restart', {}));
  $('cables').replaceChildren(...cables);
  $('history').textContent = state.history.slice(-25).reverse().map((one) =>
    one.at.slice(11, 19) + '  ' + happened(one.what) + (one.slot ? '  ' + word('slot') + ' ' + one.slot : '') + (one.serial ? '  ' + one.serial : '') + (one.detail ? '  ' + one.detail : '')).join('\\n');
  // The cards were made anew: the keyboard stays where it was.
  const again = [...document.querySelectorAll('button')].find((one) => one.dataset.key && one.dataset.key === focused);
  if (again) again.focus({ preventScroll: true });
}
$('scan').onsubmit = (event) => {
  event.preventDefault();
  call('/actions/scan', Object.fromEntries(new FormData(event.target)));
};
$('language').onclick = () => { language = language === 'zh' ? 'en' : 'zh'; speak(); show(); };
speak();
show();
// A pressed button must not be replaced under the mouse.
setInterval(() => { if (!document.querySelector('button:active')) show().catch(() => { $('note').textContent = word('gone'); }); }, 1000);
`;
