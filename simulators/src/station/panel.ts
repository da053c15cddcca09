/** The page of the control API: a cabinet to act on with a mouse. One self-contained document, no build step. */
export function panelPage(): string {
  return PAGE;
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Simulated station</title>
<style>
  :root { color-scheme: light dark; --line: #8886; --good: #1a9850; --bad: #d73027; --soft: #8882; }
  body { font: 14px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 1200px; padding: 16px; }
  h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 15px; margin: 20px 0 8px; }
  .cabinet { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 10px; }
  .slot { border: 2px solid var(--line); border-radius: 8px; padding: 10px; }
  .slot.open { border-style: dashed; border-color: var(--bad); } .slot.free { border-color: var(--good); }
  .slot header { display: flex; justify-content: space-between; font-weight: 600; }
  .bar { background: var(--soft); border-radius: 4px; height: 10px; margin: 6px 0; overflow: hidden; }
  .bar i { background: var(--good); display: block; height: 100%; }
  .row { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 6px; }
  button, select, input { font: inherit; padding: 3px 8px; }
  small { opacity: .75; } .alarm { color: var(--bad); font-weight: 600; }
  #note { min-height: 1.4em; } #history { font-family: ui-monospace, monospace; font-size: 12px; white-space: pre-wrap; }
</style>
</head>
<body>
<h1 id="title">Simulated station</h1>
<div id="summary"></div>
<p id="note" role="status"></p>
<div class="cabinet" id="cabinet"></div>
<h2>Outside the cabinet</h2>
<div class="cabinet" id="outside"></div>
<h2>Reader</h2>
<form id="scan" class="row">
  <select name="reader" aria-label="kind of code"><option>qr</option><option>rfid</option></select>
  <input name="payload" aria-label="payload of the code" required maxlength="900" placeholder="payload">
  <button>Scan</button>
</form>
<h2>Cables, power, radio</h2>
<div class="row" id="cables"></div>
<h2>History</h2>
<div id="history"></div>
<script>
const $ = (id) => document.getElementById(id);
let chosen = null;

async function call(path, body) {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  const answer = await response.json();
  $('note').textContent = answer.ok ? '' : 'Not done: ' + (answer.reason || answer.error);
  await show();
}
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
  const alarm = element('small', [...pack.protections, ...pack.faults].join(', ')); alarm.className = 'alarm';
  return [element('strong', pack.serial + ' '), element('small', 'class ' + pack.packClass), bar, element('small', text), element('br'), alarm];
}
function slotCard(slot) {
  const card = element('section');
  card.className = 'slot' + (slot.doorOpen ? ' open' : slot.latched ? '' : ' free');
  const door = slot.doorOpen ? 'open' : slot.latched ? 'locked' : 'released';
  card.append(element('header', '', [element('span', 'Slot ' + slot.slot), element('span', door + (slot.jammed ? ' · JAMMED' : ''))]));
  card.append(element('small', slot.interface + (slot.address ? ' address ' + slot.address : '') + ' · class ' + slot.packClass + ' · led ' + slot.led), element('br'));
  card.append(...(slot.pack ? packLines(slot.pack) : [element('em', 'empty')]));
  const sensed = slot.sensors;
  card.append(element('br'), element('small', 'sensors: door ' + sensed.door + ', lock ' + sensed.lock + ', pack ' + sensed.pack +
    ' · charger ' + slot.charger.state + ' ' + (slot.charger.outputMa / 1000).toFixed(1) + '/' + (slot.charger.limitMa / 1000).toFixed(1) + ' A'));
  const body = { slot: slot.slot };
  const row = element('div'); row.className = 'row';
  row.append(slot.doorOpen ? button('Close door', '/actions/close-door', body) : button('Open door', '/actions/open-door', body));
  if (slot.pack) row.append(button('Take pack', '/actions/remove-pack', body));
  else row.append(button('Insert chosen', '/actions/insert-pack', { slot: slot.slot, serial: chosen || '' }));
  row.append(button(slot.jammed ? 'Free lock' : 'Jam lock', '/faults/jam-lock', { slot: slot.slot, on: !slot.jammed }));
  if (slot.pack) {
    const silent = slot.pack.faults.includes('silent');
    row.append(button(silent ? 'Unmute' : 'Mute', '/faults/silence', { serial: slot.pack.serial, on: !silent }));
  }
  card.append(row);
  return card;
}
function outsideCard(pack) {
  const card = element('section'); card.className = 'slot' + (pack.serial === chosen ? ' free' : '');
  card.append(...packLines(pack));
  const pick = element('button', pack.serial === chosen ? 'Chosen' : 'Choose');
  pick.dataset.key = 'choose ' + pack.serial;
  pick.onclick = () => { chosen = pack.serial; show(); };
  const row = element('div', '', [pick, button('Ride to 15 %', '/actions/ride', { serial: pack.serial, untilSocPct: 15 })]);
  row.className = 'row';
  card.append(row);
  return card;
}
async function show() {
  const focused = document.activeElement && document.activeElement.dataset.key;
  const state = await (await fetch('/state')).json();
  if (!state.outside.some((pack) => pack.serial === chosen)) chosen = state.outside[0] ? state.outside[0].serial : null;
  $('title').textContent = 'Simulated station ' + state.device;
  $('summary').textContent = 'mains ' + (state.mains ? 'on' : 'OFF') + ' · ' + state.siteW + ' W · ' + state.meterWh + ' Wh · controller ' +
    (state.controller.running ? 'running' : 'DOWN') + ', start ' + state.controller.boot + ' · speed ' + state.speed + ' · connected over Bluetooth: ' + (state.bluetooth.connected.length || 'none');
  $('cabinet').replaceChildren(...state.slots.map(slotCard));
  $('outside').replaceChildren(...state.outside.map(outsideCard));
  const cables = Object.entries(state.ports).map(([name, port]) =>
    button((port.plugged ? 'Unplug ' : 'Replug ') + name, port.plugged ? '/faults/unplug' : '/faults/replug', { port: name }));
  cables.push(button(state.mains ? 'Cut mains' : 'Restore mains', '/faults/mains', { on: !state.mains }));
  if (state.network) cables.push(button(state.network === 'up' ? 'Cut network' : 'Restore network', '/faults/network', { on: state.network !== 'up' }));
  cables.push(button(state.bluetooth.powered ? 'Bluetooth off' : 'Bluetooth on', '/faults/ble-power', { on: !state.bluetooth.powered }));
  cables.push(button('Restart controller', '/faults/controller-restart', {}));
  $('cables').replaceChildren(...cables);
  $('history').textContent = state.history.slice(-25).reverse().map((one) =>
    one.at.slice(11, 19) + '  ' + one.what + (one.slot ? '  slot ' + one.slot : '') + (one.serial ? '  ' + one.serial : '') + (one.detail ? '  ' + one.detail : '')).join('\\n');
  // The cards were made anew: the keyboard stays where it was.
  const again = [...document.querySelectorAll('button')].find((one) => one.dataset.key && one.dataset.key === focused);
  if (again) again.focus({ preventScroll: true });
}
$('scan').onsubmit = (event) => {
  event.preventDefault();
  call('/actions/scan', Object.fromEntries(new FormData(event.target)));
};
show();
// A pressed button must not be replaced under the mouse.
setInterval(() => { if (!document.querySelector('button:active')) show().catch(() => { $('note').textContent = 'The simulator has stopped.'; }); }, 1000);
</script>
</body>
</html>
`;
